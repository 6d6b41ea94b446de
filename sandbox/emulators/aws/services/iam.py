"""IAM and STS: what an update leaves alone, who the caller is, and which roles there are to take on."""

# pyright: reportAttributeAccessIssue=false, reportArgumentType=false, reportReturnType=false

import os
from typing import Any

from moto.iam.models import IAMBackend, Role, iam_backends
from moto.sts.models import AssumedRole, STSBackend

from .core import Error

# The key of the account's root user, whom AWS lets nobody make one for by a call.
ROOT_KEY = "AKIASANDBOXROOT00000"


def _update_role(backend: IAMBackend, role_name: str, role_description: str | None, max_session_duration: int) -> Role:
    """AWS keeps the description when the request has none."""
    role = backend.get_role(role_name)
    if role_description is not None:
        role.description = role_description
    role.max_session_duration = max_session_duration
    return role


def _get_caller_identity(backend: STSBackend, access_key_id: str, region: str) -> tuple[str, str, str]:
    """AWS names a user under iam; sts is for the sessions of roles. Keys that nobody made belong to one of those."""
    user_id, arn, account = _stock_get_caller_identity(backend, access_key_id, region)
    if access_key_id == ROOT_KEY:
        return account, f"arn:{backend.partition}:iam::{account}:root", account
    if arn.endswith(":user/moto"):
        role = os.environ.get("SANDBOX_ROLE", "deployer")
        return "AROAEXAMPLE:sandbox", f"arn:{backend.partition}:sts::{account}:assumed-role/{role}/sandbox", account
    return user_id, arn.replace(":sts:", ":iam:") if ":user/" in arn else arn, account


def role_of(caller: str) -> str:
    """The ARN of the role that a session is of, which AWS takes for the principal; of others, their own."""
    _, partition, _, _, account, resource = caller.split(":", 5)
    kind, _, rest = resource.partition("/")
    if kind != "assumed-role":
        return caller
    name = rest.partition("/")[0]
    found = [role.arn for role in list(iam_backends[account][partition].roles.values()) if role.name == name]
    return found[0] if found else f"arn:{partition}:iam::{account}:role/{name}"


def _assume_role(backend: STSBackend, role_arn: str, **arguments: Any) -> AssumedRole:
    """AWS refuses a role that is not there with the words for one that may not be taken on."""
    account = role_arn.split(":")[4]
    if all(role.arn != role_arn for role in list(iam_backends[account][backend.partition].roles.values())):
        raise Error("AccessDenied", f"The caller is not authorized to perform: sts:AssumeRole on resource: {role_arn}")
    role: AssumedRole = _stock_assume_role(backend, role_arn=role_arn, **arguments)
    return role


_stock_assume_role: Any = STSBackend.assume_role
_stock_get_caller_identity: Any = STSBackend.get_caller_identity


def install() -> None:
    IAMBackend.update_role = _update_role
    STSBackend.assume_role = _assume_role
    STSBackend.get_caller_identity = _get_caller_identity
