"""What the emulator was asked: every call, in the words of AWS's own models.

IAM names most of its actions after the operations, so that a record of calls says which
actions whoever made them needs. A service is called by the name that it signs requests for.
"""

import json
import re
import threading
from functools import cache
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from botocore.exceptions import UnknownServiceError
from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel
from werkzeug import Request

_loader = Loader()
_lock = threading.Lock()
_calls: dict[tuple[str, str, str], int] = {}

# What names the resource of a call, in its form or its JSON; the first that is there.
_names = (
    "RoleName", "PolicyArn", "OpenIDConnectProviderArn", "TopicArn", "SecretId", "keyId", "KeyId", "AliasName",
    "repositoryName", "logGroupName", "resourceArn", "resourceARN", "ResourceArn", "ResourceARN",
    "ConfigRuleName", "ConfigurationRecorderName", "ConnectionArn", "Rule", "Name", "name", "RoleArn",
)  # fmt: skip

# "Credential=key/date/region/service/aws4_request"
_scope = re.compile(r"Credential=[^/]+/[^/]+/[^/]+/([^/]+)/")


def record(environ: dict[str, Any]) -> None:
    """Notes a request, before the service reads it."""
    request = Request(environ, populate_request=False)
    scope = _scope.search(request.headers.get("Authorization", ""))
    if scope is None:
        return
    service = scope[1]
    sent = {} if service == "s3" else _sent(environ, request)
    operation = request.headers.get("X-Amz-Target", "").rpartition(".")[2] or sent.get("Action") or _rest(service, request)
    on = unquote(request.path.strip("/")) or next((sent[name] for name in _names if isinstance(sent.get(name), str)), "")
    with _lock:
        key = (service, operation or f"{request.method} {request.path}", on)
        _calls[key] = _calls.get(key, 0) + 1


def taken() -> str:
    """The calls since the last time, as JSON; they are forgotten with that."""
    with _lock:
        calls = [
            {"service": service, "operation": operation, "resource": resource, "times": times}
            for (service, operation, resource), times in sorted(_calls.items())
        ]
        _calls.clear()
    return json.dumps(calls)


def _sent(environ: dict[str, Any], request: Request) -> dict[str, Any]:
    """The body of a request, a form or JSON, which is put back for the service."""
    body = request.get_data()
    environ["wsgi.input"] = BytesIO(body)
    if request.mimetype == "application/x-www-form-urlencoded":
        return {name: values[0] for name, values in parse_qs(body.decode()).items()}
    try:
        sent = json.loads(body or b"{}")
    except ValueError:
        return {}
    return sent if isinstance(sent, dict) else {}


def _rest(service: str, request: Request) -> str | None:
    """The operation of a protocol that has it in method, path and query: the one that asks for most is meant."""
    path = request.environ["REQUEST_URI"].partition("?")[0]  # a / inside of a name is encoded
    found = [
        (-len(query), -len(required), name)
        for name, method, pattern, query, required in _operations(service)
        if method == request.method
        and pattern.fullmatch(path)
        and all(request.args.get(key) == value for key, value in query.items())
        and all(key in request.args or key in request.headers for key in required)
    ]
    return min(found)[2] if found else None


@cache
def _operations(service: str) -> list[tuple[str, str, re.Pattern[str], dict[str, str], list[str]]]:
    try:
        model = ServiceModel(_loader.load_service_model(service, "service-2"), service)
    except UnknownServiceError:
        return []
    models = [model.operation_model(name) for name in model.operation_names]
    return [_pattern(one) for one in models if not one.deprecated]


def _pattern(operation: OperationModel) -> tuple[str, str, re.Pattern[str], dict[str, str], list[str]]:
    uri = urlsplit(operation.http["requestUri"])
    path = "".join(
        r"[^/]+" if part.startswith("{") and not part.endswith("+}") else ".+" if part.startswith("{") else re.escape(part)
        for part in re.split(r"(\{[^}]+\})", uri.path)
    )
    query = {key: values[0] for key, values in parse_qs(uri.query, keep_blank_values=True).items() if key != "x-id"}
    shape = operation.input_shape
    required = [
        member.serialization.get("name", name)
        for name, member in (shape.members.items() if shape else ())
        if name in shape.required_members and member.serialization.get("location") in ("querystring", "header")
    ]
    return operation.name, operation.http["method"], re.compile(path + "/?"), query, required
