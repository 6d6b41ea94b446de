"""S3: the conditions of a bucket policy.

A statement whose conditions cannot be decided here (an operator or a key that is not
in this file) does not apply, whatever its effect. The sandbox speaks plain HTTP on the
loopback interface; policies see it as TLS 1.3.
"""

import fnmatch
import json
from collections.abc import Callable
from typing import Any

from flask import request
from moto.iam.access_control import PermissionResult
from moto.s3.models import FakeBucket
from moto.sts.models import sts_backends

from .core import as_list
from .iam import role_of

_HEADERS = {
    "s3:x-amz-server-side-encryption": "x-amz-server-side-encryption",
    "s3:x-amz-server-side-encryption-aws-kms-key-id": "x-amz-server-side-encryption-aws-kms-key-id",
    "s3:x-amz-acl": "x-amz-acl",
    "s3:x-amz-storage-class": "x-amz-storage-class",
}
# Known to be absent from a request that no AWS service makes on somebody's behalf.
_ABSENT = {"aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:calledvia", "aws:sourcevpce", "aws:sourcevpc"}

# moto derives the action from the HTTP method; AWS names these differently.
_ACTIONS = {"s3:HeadObject": "s3:GetObject", "s3:PostObject": "s3:PutObject"}


def _like(pattern: str, value: str) -> bool:
    # IAM knows * and ? only; a bracket stands for itself.
    return fnmatch.fnmatchcase(value, pattern.replace("[", "[[]"))


_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "stringequals": lambda wanted, value: wanted == value,
    "stringequalsignorecase": lambda wanted, value: wanted.lower() == value.lower(),
    "stringlike": _like,
    "arnequals": _like,
    "arnlike": _like,
    "bool": lambda wanted, value: wanted.lower() == value.lower(),
    "numericequals": lambda wanted, value: float(value) == float(wanted),
    "numericlessthan": lambda wanted, value: float(value) < float(wanted),
    "numericlessthanequals": lambda wanted, value: float(value) <= float(wanted),
    "numericgreaterthan": lambda wanted, value: float(value) > float(wanted),
    "numericgreaterthanequals": lambda wanted, value: float(value) >= float(wanted),
}
_NEGATED = {
    "stringnotequals": "stringequals",
    "stringnotequalsignorecase": "stringequalsignorecase",
    "stringnotlike": "stringlike",
    "arnnotequals": "arnequals",
    "arnnotlike": "arnlike",
    "numericnotequals": "numericequals",
}


class _Undecided(Exception):
    """A condition that this file does not know."""


def _get_permission(bucket: FakeBucket, action: str, resource: str) -> PermissionResult:
    """AWS denies when a Deny statement matches with its conditions, and allows when an Allow does."""
    result = PermissionResult.NEUTRAL
    if bucket.policy is None:
        return result
    action = _ACTIONS.get(action, action)
    principal = _principal(bucket.account_id, bucket.partition)
    for statement in as_list(json.loads(bucket.policy)["Statement"]):
        if not _applies(statement, action, resource, principal):
            continue
        if statement["Effect"] == "Deny":
            return PermissionResult.DENIED
        result = PermissionResult.PERMITTED
    return result


def _applies(statement: dict[str, Any], action: str, resource: str, principal: str) -> bool:
    def listed(key: str, value: str, match: Callable[[str, str], bool]) -> bool:
        if f"Not{key}" in statement:
            return not any(match(pattern, value) for pattern in as_list(statement[f"Not{key}"]))
        return any(match(pattern, value) for pattern in as_list(statement[key]))

    if not listed("Action", action.lower(), lambda pattern, value: _like(pattern.lower(), value)):
        return False
    if not listed("Resource", resource, _like):
        return False
    if "NotPrincipal" in statement:
        if _is_principal(statement["NotPrincipal"], principal):
            return False
    elif not _is_principal(statement["Principal"], principal):
        return False
    context = _context(principal)
    try:
        return all(
            _holds(operator.lower(), key.lower(), as_list(wanted), context)
            for operator, keys in statement.get("Condition", {}).items()
            for key, wanted in keys.items()
        )
    except _Undecided:
        return False


def _holds(operator: str, key: str, wanted: list[Any], context: dict[str, str]) -> bool:
    if key not in context and key not in _ABSENT and key not in _HEADERS:
        raise _Undecided(key)
    value = context.get(key)
    # JSON allows true and 10 beside "true" and "10".
    texts = [json.dumps(w) if isinstance(w, bool) else str(w) for w in wanted]
    if operator == "null":
        return (value is None) == (texts[0].lower() == "true")
    if_exists = operator.endswith("ifexists")
    operator = operator.removesuffix("ifexists")
    negated = operator in _NEGATED
    matches = _OPERATORS.get(_NEGATED.get(operator, operator))
    if matches is None:
        raise _Undecided(operator)
    if value is None:
        # With a negated operator an absent key fulfils the condition, with or without IfExists.
        return negated or if_exists
    return any(matches(text, value) for text in texts) != negated


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
    """The ARN of who asks, as AWS puts it into aws:PrincipalArn: of a session, that of its role."""
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


def install() -> None:
    FakeBucket.get_permission = _get_permission
