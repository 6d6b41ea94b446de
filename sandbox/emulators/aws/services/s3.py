"""S3: the conditions of a bucket policy, and Object Lock of a bucket with objects.

The sandbox serves plain HTTP on the loopback interface; policies evaluate it as TLS 1.3.
"""

# pyright: reportAttributeAccessIssue=false, reportArgumentType=false, reportReturnType=false

from typing import Any

from flask import request
from moto.iam.access_control import PermissionResult
from moto.s3.models import FakeBucket, S3Backend
from moto.sts.models import sts_backends

from . import statements
from .core import as_list
from .iam import role_of

_HEADERS = {
    "s3:x-amz-server-side-encryption": "x-amz-server-side-encryption",
    "s3:x-amz-server-side-encryption-aws-kms-key-id": "x-amz-server-side-encryption-aws-kms-key-id",
    "s3:x-amz-acl": "x-amz-acl",
    "s3:x-amz-storage-class": "x-amz-storage-class",
}
# Condition keys that are absent unless an AWS service makes the request for somebody.
_ABSENT = {"aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:calledvia", "aws:sourcevpce", "aws:sourcevpc"}

# moto derives the action from the HTTP method; AWS names these actions differently.
_ACTIONS = {"s3:HeadObject": "s3:GetObject", "s3:PostObject": "s3:PutObject"}


def _get_permission(bucket: FakeBucket, action: str, resource: str) -> PermissionResult:
    """Evaluates the bucket policy; caller and condition keys come from the Flask request."""
    principal = _principal(bucket.account_id, bucket.partition)
    allowed = statements.verdict(
        bucket.policy,
        statements.Request(
            _ACTIONS.get(action, action),
            resource,
            lambda element: _is_principal(element, principal),
            _context(principal),
            _ABSENT.union(_HEADERS),
        ),
    )
    if allowed is None:
        return PermissionResult.NEUTRAL
    return PermissionResult.PERMITTED if allowed else PermissionResult.DENIED


def _context(principal: str) -> dict[str, str]:
    context = {
        "aws:securetransport": "true",
        "s3:tlsversion": "1.3",
        "aws:principalarn": principal,
        "aws:principalaccount": principal.split(":")[4],
        "aws:principalisawsservice": "false",
        "aws:viaawsservice": "false",
        "s3:resourceaccount": principal.split(":")[4],
    }
    return context | {key: request.headers[header] for key, header in _HEADERS.items() if header in request.headers}


def _principal(account: str, partition: str) -> str:
    """The caller's ARN as in aws:PrincipalArn: that of the role for a session."""
    authorization = request.headers.get("Authorization", "")
    key = authorization.partition("Credential=")[2].partition("/")[0]
    for sessions in list(sts_backends.values()):
        session = sessions[partition].get_assumed_role_from_access_key(key)
        if session is not None:
            return str(session.role_arn)
    _, arn, _ = sts_backends[account][partition].get_caller_identity(key, "us-east-1")
    return role_of(arn)


def _is_principal(element: Any, principal: str) -> bool:
    if element == "*":
        return True
    account = principal.split(":")[4]
    named = as_list(element.get("AWS", []))
    return any(name in ("*", principal, account) or name.endswith(f"::{account}:root") for name in named)


def _put_object_lock_configuration(
    backend: S3Backend,
    bucket_name: str,
    lock_enabled: bool,
    mode: str | None = None,
    days: int | None = None,
    years: int | None = None,
) -> None:
    """AWS accepts a new default retention for a bucket with Object Lock, empty or not."""
    bucket = backend.get_bucket(bucket_name)
    if not bucket.object_lock_enabled:
        _moto_put_object_lock_configuration(backend, bucket_name, lock_enabled, mode, days, years)
        return
    bucket.default_lock_mode, bucket.default_lock_days, bucket.default_lock_years = mode, days, years


_moto_put_object_lock_configuration: Any = S3Backend.put_object_lock_configuration


def install() -> None:
    FakeBucket.get_permission = _get_permission
    S3Backend.put_object_lock_configuration = _put_object_lock_configuration
