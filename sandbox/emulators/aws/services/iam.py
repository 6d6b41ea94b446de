"""IAM and STS: UpdateRole, the identity of the caller, and the roles that can be assumed."""

# pyright: reportAttributeAccessIssue=false, reportArgumentType=false, reportReturnType=false

import os
from typing import Any

from moto.iam.models import IAMBackend, Role, iam_backends
from moto.sts.models import AssumedRole, STSBackend

from .core import Error

# The key of the account's root user. AWS has no call that creates one.
ROOT_KEY = "AKIASANDBOXROOT00000"


def _update_role(backend: IAMBackend, role_name: str, role_description: str | None, max_session_duration: int) -> Role:
    """AWS keeps the description when the request has none."""
    role = backend.get_role(role_name)
    if role_description is not None:
        role.description = role_description
    role.max_session_duration = max_session_duration
    return role


def _get_caller_identity(backend: STSBackend, access_key_id: str, region: str) -> tuple[str, str, str]:
    """AWS names a user under iam and a role session under sts. Unknown keys belong to a role session."""
    user_id, arn, account = _moto_get_caller_identity(backend, access_key_id, region)
    if access_key_id == ROOT_KEY:
        return account, f"arn:{backend.partition}:iam::{account}:root", account
    if arn.endswith(":user/moto"):
        role = os.environ.get("SANDBOX_ROLE", "deployer")
        return "AROAEXAMPLE:sandbox", f"arn:{backend.partition}:sts::{account}:assumed-role/{role}/sandbox", account
    return user_id, arn.replace(":sts:", ":iam:") if ":user/" in arn else arn, account


def role_of(caller: str) -> str:
    """The ARN of a session's role, which AWS uses as the principal; the caller's own ARN otherwise."""
    _, partition, _, _, account, resource = caller.split(":", 5)
    kind, _, rest = resource.partition("/")
    if kind != "assumed-role":
        return caller
    name = rest.partition("/")[0]
    found = [role.arn for role in list(iam_backends[account][partition].roles.values()) if role.name == name]
    return found[0] if found else f"arn:{partition}:iam::{account}:role/{name}"


def _assume_role(backend: STSBackend, role_arn: str, **arguments: Any) -> AssumedRole:
    """AWS rejects a missing role with the error for a role that the caller cannot assume."""
    account = role_arn.split(":")[4]
    if all(role.arn != role_arn for role in list(iam_backends[account][backend.partition].roles.values())):
        raise Error("AccessDenied", f"The caller is not authorized to perform: sts:AssumeRole on resource: {role_arn}")
    role: AssumedRole = _moto_assume_role(backend, role_arn=role_arn, **arguments)
    return role


_moto_assume_role: Any = STSBackend.assume_role
_moto_get_caller_identity: Any = STSBackend.get_caller_identity


def install() -> None:
    IAMBackend.update_role = _update_role
    STSBackend.assume_role = _assume_role
    STSBackend.get_caller_identity = _get_caller_identity
