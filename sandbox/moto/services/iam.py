"""IAM and STS: what an update leaves alone, and who the caller is."""

import os
from typing import Any

from moto.iam.models import IAMBackend, Role, iam_backends
from moto.sts.models import STSBackend


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
    found = [role.arn for role in iam_backends[account][partition].roles.values() if role.name == name]
    return found[0] if found else f"arn:{partition}:iam::{account}:role/{name}"


_stock_get_caller_identity: Any = STSBackend.get_caller_identity


def install() -> None:
    IAMBackend.update_role = _update_role
    STSBackend.get_caller_identity = _get_caller_identity
