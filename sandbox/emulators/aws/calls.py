"""The calls that the emulator receives, named as in AWS's own models.

IAM names most of its actions after the operations, so a record of calls shows which actions
its callers need. A service has the name that its requests are signed for.
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

# The parameters that name the resource of a call; the first one present counts.
_RESOURCE_NAMES = (
    "RoleName", "PolicyArn", "OpenIDConnectProviderArn", "TopicArn", "SecretId", "keyId", "KeyId", "AliasName",
    "repositoryName", "logGroupName", "resourceArn", "resourceARN", "ResourceArn", "ResourceARN",
    "ConfigRuleName", "ConfigurationRecorderName", "ConnectionArn", "Rule", "Name", "name", "RoleArn",
)  # fmt: skip

# "Credential=key/date/region/service/aws4_request"
_SCOPE = re.compile(r"Credential=([^/]+)/[^/]+/([^/]+)/([^/]+)/")

# The models that botocore stores under another name than the signing name.
_MODELS = {
    "access-analyzer": "accessanalyzer",
    "elasticloadbalancing": "elbv2",
    "monitoring": "cloudwatch",
    "states": "stepfunctions",
    "tagging": "resourcegroupstaggingapi",
}


@dataclass(frozen=True)
class Call:
    """A request before the service reads it. An unsigned request has no key."""

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
        return "s3control" if control else _MODELS.get(self.service, self.service)

    @cached_property
    def body(self) -> bytes:
        """The body. The service can read it again."""
        body = self.request.get_data()
        self.environ["wsgi.input"] = BytesIO(body)
        return body

    @property
    def is_form(self) -> bool:
        return self.request.mimetype == "application/x-www-form-urlencoded"

    @cached_property
    def payload(self) -> dict[str, Any]:
        """The parameters of a body that is a form or JSON. The body of an S3 object is not parsed."""
        if self.service == "s3":
            return {}
        if self.is_form:
            return {name: values[0] for name, values in parse_qs(self.body.decode()).items()}
        try:
            payload = json.loads(self.body or b"{}")
        except ValueError:
            return {}
        return payload if isinstance(payload, dict) else {}

    @cached_property
    def operation(self) -> str | None:
        target = str(self.request.headers.get("X-Amz-Target", "")).rpartition(".")[2]
        return (
            target
            or (self.payload.get("Action") if self.is_form else None)
            or _find_rest_operation(self.model, self.request)
        )


def warm(service: str) -> None:
    """Loads the model of a service before its first call."""
    model = _MODELS.get(service, service)
    _routes(model)
    get_service_model(model)


def parse(environ: dict[str, Any]) -> Call | None:
    """Parses a request into its call; None for a request that AWS does not know."""
    scope = _SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
    if scope is not None:
        return Call(environ, *scope.groups())
    # A federated caller has no keys before this call.
    call = Call(environ, "", "us-east-1", "sts")
    unsigned = ("AssumeRoleWithWebIdentity", "AssumeRoleWithSAML")
    return call if call.is_form and call.payload.get("Action") in unsigned else None


def record(call: Call) -> None:
    """Counts a signed call."""
    if not call.key:
        return
    on = unquote(call.request.path.strip("/")) or next(
        (call.payload[name] for name in _RESOURCE_NAMES if isinstance(call.payload.get(name), str)), ""
    )
    operation = call.operation or f"{call.request.method} {call.request.path}"
    with _lock:
        key = (call.service, operation, on)
        _calls[key] = _calls.get(key, 0) + 1


def take_recorded() -> str:
    """Returns the calls since the last time, as JSON, and clears the record."""
    with _lock:
        calls = [
            {"service": service, "operation": operation, "resource": resource, "times": times}
            for (service, operation, resource), times in sorted(_calls.items())
        ]
        _calls.clear()
    return json.dumps(calls)


@dataclass(frozen=True)
class _Route:
    """The method, path and query that name an operation in a REST protocol."""

    operation: str
    method: str
    path: re.Pattern[str]
    parameters: list[str]  # of the path
    query: dict[str, str]
    required: list[str]  # in query or header

    def matches(self, request: Request, path: str) -> bool:
        return (
            self.method == request.method
            and self.path.fullmatch(path) is not None
            and all(request.args.get(key) == value for key, value in self.query.items())
            and all(key in request.args or key in request.headers for key in self.required)
        )


def path_parameters(call: Call) -> dict[str, str]:
    """The parameters in the path, by their names in the model."""
    path = _path(call.request)
    for route in _routes(call.model):
        if route.operation == call.operation and (found := route.path.fullmatch(path)):
            return dict(zip(route.parameters, found.groups(), strict=True))
    return {}


def _find_rest_operation(model: str, request: Request) -> str | None:
    """Finds the operation whose route has the most specific query and required parameters."""
    path = _path(request)
    found = [(-len(r.query), -len(r.required), r.operation) for r in _routes(model) if r.matches(request, path)]
    return min(found)[2] if found else None


def _path(request: Request) -> str:
    uri: str = request.environ["REQUEST_URI"]
    return uri.partition("?")[0]  # a / inside a name is encoded


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
