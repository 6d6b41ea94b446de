"""IAM and STS: what an update leaves alone, and who the caller is."""

from typing import Any

from moto.iam.models import IAMBackend, Role
from moto.sts.models import STSBackend


def _update_role(backend: IAMBackend, role_name: str, role_description: str | None, max_session_duration: int) -> Role:
    """AWS keeps the description when the request has none."""
    role = backend.get_role(role_name)
    if role_description is not None:
        role.description = role_description
    role.max_session_duration = max_session_duration
    return role


def _get_caller_identity(backend: STSBackend, access_key_id: str, region: str) -> tuple[str, str, str]:
    """AWS names a user under iam; sts is for the sessions of roles. Keys that nobody made belong to a user 'moto'."""
    user_id, arn, account = _stock_get_caller_identity(backend, access_key_id, region)
    return user_id, arn.replace(":sts:", ":iam:") if ":user/" in arn else arn, account


_stock_get_caller_identity: Any = STSBackend.get_caller_identity


def install() -> None:
    IAMBackend.update_role = _update_role
    STSBackend.get_caller_identity = _get_caller_identity
