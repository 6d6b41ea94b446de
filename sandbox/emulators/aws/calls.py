"""What the emulator was asked: every call, in the words of AWS's own models.

IAM names most of its actions after the operations, so that a record of calls says which
actions whoever made them needs. A service is called by the name that it signs requests for.
"""

import json
import re
import threading
from dataclasses import dataclass, field
from functools import cache, cached_property
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from botocore.exceptions import UnknownServiceError
from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel
from moto.core.utils import get_service_model
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
_scope = re.compile(r"Credential=([^/]+)/[^/]+/([^/]+)/([^/]+)/")

# The models that botocore keeps under another name than the one that is signed for.
_models = {
    "access-analyzer": "accessanalyzer",
    "elasticloadbalancing": "elbv2",
    "monitoring": "cloudwatch",
    "states": "stepfunctions",
    "tagging": "resourcegroupstaggingapi",
}


@dataclass(frozen=True)
class Call:
    """A request, before the service reads it. Without a key it is not signed."""

    environ: dict[str, Any] = field(repr=False)
    key: str
    region: str
    service: str

    @cached_property
    def request(self) -> Request:
        return Request(self.environ, populate_request=False)

    @cached_property
    def model(self) -> str:
        """The name of the model that has the operation."""
        control = self.service == "s3" and self.request.path.startswith("/v20180820/")
        return "s3control" if control else _models.get(self.service, self.service)

    @cached_property
    def body(self) -> bytes:
        """The body, which is put back for the service."""
        body = self.request.get_data()
        self.environ["wsgi.input"] = BytesIO(body)
        return body

    @property
    def is_form(self) -> bool:
        return self.request.mimetype == "application/x-www-form-urlencoded"

    @cached_property
    def sent(self) -> dict[str, Any]:
        """A body that is a form or JSON. An object is not looked into."""
        if self.service == "s3":
            return {}
        if self.is_form:
            return {name: values[0] for name, values in parse_qs(self.body.decode()).items()}
        try:
            sent = json.loads(self.body or b"{}")
        except ValueError:
            return {}
        return sent if isinstance(sent, dict) else {}

    @cached_property
    def operation(self) -> str | None:
        target = str(self.request.headers.get("X-Amz-Target", "")).rpartition(".")[2]
        return target or (self.sent.get("Action") if self.is_form else None) or _rest(self.model, self.request)


def warm(service: str) -> None:
    """Loads the model of a service, which else its first call does."""
    model = _models.get(service, service)
    _routes(model)
    get_service_model(model)


def read(environ: dict[str, Any]) -> Call | None:
    """The call that a request is; None for those that AWS does not know."""
    scope = _scope.search(environ.get("HTTP_AUTHORIZATION", ""))
    if scope is not None:
        return Call(environ, *scope.groups())
    # Whoever has no keys yet asks for them.
    call = Call(environ, "", "us-east-1", "sts")
    unsigned = ("AssumeRoleWithWebIdentity", "AssumeRoleWithSAML")
    return call if call.is_form and call.sent.get("Action") in unsigned else None


def record(call: Call) -> None:
    """Notes a call that is signed."""
    if not call.key:
        return
    on = unquote(call.request.path.strip("/")) or next(
        (call.sent[name] for name in _names if isinstance(call.sent.get(name), str)), ""
    )
    operation = call.operation or f"{call.request.method} {call.request.path}"
    with _lock:
        key = (call.service, operation, on)
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


@dataclass(frozen=True)
class _Route:
    """How an operation is asked for by a protocol that has it in method, path and query."""

    operation: str
    method: str
    path: re.Pattern[str]
    parameters: list[str]  # of the path
    query: dict[str, str]
    required: list[str]  # in query or header

    def of(self, request: Request, path: str) -> bool:
        return (
            self.method == request.method
            and self.path.fullmatch(path) is not None
            and all(request.args.get(key) == value for key, value in self.query.items())
            and all(key in request.args or key in request.headers for key in self.required)
        )


def path_parameters(call: Call) -> dict[str, str]:
    """What stands in the path, by its names in the model."""
    path = _path(call.request)
    for route in _routes(call.model):
        if route.operation == call.operation and (found := route.path.fullmatch(path)):
            return dict(zip(route.parameters, found.groups(), strict=True))
    return {}


def _rest(model: str, request: Request) -> str | None:
    """The operation that asks for most is meant."""
    path = _path(request)
    found = [(-len(r.query), -len(r.required), r.operation) for r in _routes(model) if r.of(request, path)]
    return min(found)[2] if found else None


def _path(request: Request) -> str:
    uri: str = request.environ["REQUEST_URI"]
    return uri.partition("?")[0]  # a / inside of a name is encoded


@cache
def _routes(model: str) -> list[_Route]:
    try:
        loaded = ServiceModel(_loader.load_service_model(model, "service-2"), model)
    except UnknownServiceError:
        return []
    operations = [loaded.operation_model(name) for name in loaded.operation_names]
    return [_route(one) for one in operations if not one.deprecated]


def _route(operation: OperationModel) -> _Route:
    uri = urlsplit(operation.http["requestUri"])
    path = "".join(
        re.escape(part) if not part.startswith("{") else "(.+)" if part.endswith("+}") else "([^/]+)"
        for part in re.split(r"(\{[^}]+\})", uri.path)
    )
    query = {key: values[0] for key, values in parse_qs(uri.query, keep_blank_values=True).items() if key != "x-id"}
    shape = operation.input_shape
    required = [
        member.serialization.get("name", name)
        for name, member in (shape.members.items() if shape else ())
        if name in shape.required_members and member.serialization.get("location") in ("querystring", "header")
    ]
    parameters = [part.rstrip("+") for part in re.findall(r"\{([^}]+)\}", uri.path)]
    return _Route(operation.name, operation.http["method"], re.compile(path + "/?"), parameters, query, required)
