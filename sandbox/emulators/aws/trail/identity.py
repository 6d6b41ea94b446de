"""The caller of a call: CloudTrail's element userIdentity."""

import base64
import json
from typing import Any

from calls import Call
from moto.core import DEFAULT_ACCOUNT_ID
from moto.iam.models import Role, User, iam_backends
from moto.sts.models import AssumedRole, sts_backends
from moto.utilities.utils import get_partition
from services.core import account_of
from services.iam import ROOT_KEY, role_of

Identity = dict[str, Any]


def account(call: Call) -> str:
    """The account of a call, which is that of its keys."""
    if not call.key:
        return str(call.payload.get("RoleArn", f"::::{DEFAULT_ACCOUNT_ID}:")).split(":")[4]
    return account_of(call.key)


def identity(call: Call) -> Identity:
    """The identity as in the CloudTrail User Guide, CloudTrail userIdentity element."""
    if not call.key:
        return _federated(call)
    of, partition = account(call), get_partition(call.region)
    known: Identity = {"accountId": of, "accessKeyId": call.key}
    if call.key == ROOT_KEY:
        return {"type": "Root", "principalId": of, "arn": f"arn:{partition}:iam::{of}:root"} | known
    user = iam_backends[of][partition].get_user_from_access_key_id(call.key)
    if user is not None:
        return _user(user) | known | {"userName": user.name}
    return _session(call, of, partition, known)


def _user(user: User) -> Identity:
    return {"type": "IAMUser", "principalId": user.id, "arn": user.arn}


def _session(call: Call, of: str, partition: str, known: Identity) -> Identity:
    sts = sts_backends[of][partition]
    session = sts.get_assumed_role_from_access_key(call.key)
    _, arn, _ = sts.get_caller_identity(call.key, call.region)
    role_arn = session.role_arn if session else role_of(arn)
    role = next((r for r in list(iam_backends[of][partition].roles.values()) if r.arn == role_arn), None)
    issuer = {
        "type": "Role",
        "principalId": role.id if role else "AROAEXAMPLE",
        "arn": role_arn,
        "accountId": of,
        "userName": role_arn.rpartition("/")[2],
    }
    return {
        "type": "AssumedRole",
        "principalId": f"{issuer['principalId']}:{arn.rpartition('/')[2]}",
        "arn": arn,
        **known,
        "sessionContext": {
            "sessionIssuer": issuer,
            "attributes": {"creationDate": _session_start(session, role), "mfaAuthenticated": "false"},
        },
    }


def _session_start(session: AssumedRole | None, role: Role | None) -> str:
    """Keys without an AssumeRole call have the creation date of their role."""
    since = session.access_key.create_date if session else role.create_date if role else None
    return f"{since:%Y-%m-%dT%H:%M:%SZ}" if since else "1970-01-01T00:00:00Z"


def _federated(call: Call) -> Identity:
    """Values for AWS STS APIs with SAML and web identity federation."""
    if call.operation == "AssumeRoleWithSAML":
        return {"type": "SAMLUser", "identityProvider": call.payload.get("PrincipalArn", "")}
    claims = _claims(str(call.payload.get("WebIdentityToken", "")))
    issuer = str(claims.get("iss", "")).removeprefix("https://")
    subject = str(claims.get("sub", ""))
    return {
        "type": "WebIdentityUser",
        "principalId": f"{issuer}:{claims.get('aud', '')}:{subject}",
        "userName": subject,
        "identityProvider": issuer,
    }


def _claims(token: str) -> dict[str, Any]:
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError):
        return {}
    return claims if isinstance(claims, dict) else {}
