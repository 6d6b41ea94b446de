"""The base of the sandbox's own services, and the patches of all of moto's services.

A service is a class with one method an operation, named like botocore's; the method
takes the parsed parameters and returns the response as the model describes it. The
request is checked against the model first, because AWS does.
"""

# pyright: reportAttributeAccessIssue=false, reportArgumentType=false, reportReturnType=false

import importlib
import json
import logging
import os
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, ClassVar

import werkzeug
from botocore import xform_name
from botocore.model import ListShape, MapShape, Shape, StructureShape
from flask import Request
from moto import backend_index, backends
from moto.core import DEFAULT_ACCOUNT_ID, responses
from moto.core.base_backend import BackendDict, BaseBackend
from moto.core.common_types import TYPE_RESPONSE
from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult, BaseResponse
from moto.core.utils import get_service_model
from moto.iam.models import iam_backends
from moto.sts.models import sts_backends
from werkzeug.exceptions import HTTPException

Params = dict[str, Any]
log = logging.getLogger(__name__)


class Error(ServiceException):
    """An error of AWS, by its code. moto derives an error's service from its module's name."""


_registry: dict[str, BackendDict[Any]] = {}


class State(BaseBackend):
    """The state of a service in one account and region."""

    service: ClassVar[type["Service"]]

    @property
    def flask_paths(self) -> dict[str, Callable[..., Any]]:
        return {"/": self.service.dispatch, "/<path:rest>": self.service.dispatch}


class Service(BaseResponse):
    """Implements the operations of one botocore service model."""

    model: ClassVar[str]
    backends: ClassVar[BackendDict[Any]]
    # moto's class for the operations without a method here; None if the sandbox implements the whole service.
    fallback: ClassVar[type[BaseResponse] | None] = None
    # The error code for a request that violates the service's model.
    invalid: ClassVar[str] = "ValidationException"

    def __init__(self) -> None:
        super().__init__(service_name=self.model)
        self.automated_parameter_parsing = True

    @property
    def state(self) -> Any:
        """The state of the region, or of the partition if the service is global."""
        account = self.backends[self.current_account]
        return account[self.region if self.region in account else self.partition]

    @property
    def caller(self) -> str:
        """The ARN of the caller."""
        sts = sts_backends[self.current_account][self.partition]
        return str(sts.get_caller_identity(self.get_access_key(), self.region)[1])

    def arn(self, resource: str) -> str:
        return f"arn:{self.partition}:{self.model}:{self.region}:{self.current_account}:{resource}"

    def _dispatch(self, request: Any, full_url: str, headers: Any) -> TYPE_RESPONSE:
        self.setup_class(request, full_url, headers)
        self._request = (request, full_url, headers)
        operation = self._get_action()
        handler = getattr(self, xform_name(operation or ""), None)
        try:
            if operation:
                check_shape(
                    get_service_model(self.model).operation_model(operation).input_shape, self.params, self.invalid
                )
            if handler is None:
                return self.call_moto() if self.fallback else _not_implemented(self)
            result = handler(self.params) or {}
            if isinstance(result, tuple):
                return result
        except ServiceException as error:
            result = error
        except HTTPException:
            raise
        except Exception as error:
            return _internal_error(self, error)
        return self.serialized(ActionResult(result))

    def call_moto(self) -> TYPE_RESPONSE:
        """Passes the request on to moto: for a method that only checks or extends it."""
        assert self.fallback is not None
        response: TYPE_RESPONSE = self.fallback.dispatch(*self._request)
        return response


def serve(service: type[Service], *endpoints: str) -> None:
    """Serves the service at the given endpoint names, in place of moto's."""
    service.backends.backend.service = service
    for endpoint in endpoints:
        _registry[endpoint] = service.backends
        pattern = re.compile(rf"https?://{re.escape(endpoint)}\.(.+)\.amazonaws\.com")
        backend_index.backend_url_patterns.insert(0, (endpoint, pattern))


def extend_moto(service: type[Service], *more_paths: str) -> None:
    """Puts the service in front of moto's, at moto's paths and at more_paths."""
    fallback = service.fallback
    assert fallback is not None
    paths = importlib.import_module(fallback.__module__.replace(".responses", ".urls")).url_paths
    paths.update({"{0}" + path: service.dispatch for path in more_paths})
    for path, handler in paths.items():
        if getattr(handler, "__self__", None) is fallback:
            paths[path] = service.dispatch


def is_service_trusted(account: str, partition: str, role_arn: str, principal: str) -> bool:
    """Whether the role exists and its trust policy names the service. Conditions are not evaluated."""
    role = next((r for r in list(iam_backends[account][partition].roles.values()) if r.arn == role_arn), None)
    if role is None:
        return False
    return any(
        statement["Effect"] == "Allow" and principal in as_list(statement.get("Principal", {}).get("Service", []))
        for statement in as_list(json.loads(role.assume_role_policy_document)["Statement"])
    )


def as_list(value: Any) -> list[Any]:
    """IAM documents write a list of one element as the element."""
    return value if isinstance(value, list) else [value]


def check_shape(shape: Shape | None, value: Any, code: str) -> None:
    """Raises AWS's error for a request that violates the constraints of the service's model."""
    problems = list(_problems(shape, value, "")) if shape is not None else []
    if problems:
        noun = "error" if len(problems) == 1 else "errors"
        raise Error(code, f"{len(problems)} validation {noun} detected: {'; '.join(problems)}")


def _problems(shape: Shape, value: Any, path: str) -> Iterator[str]:  # noqa: C901
    def failed(constraint: str) -> str:
        return f"Value {value!r} at '{path}' failed to satisfy constraint: Member must {constraint}"

    match shape:
        case StructureShape():
            for name in shape.required_members:
                if value.get(name) is None:
                    at = _member(path, name)
                    yield f"Value null at '{at}' failed to satisfy constraint: Member must not be null"
            for name, member in value.items():
                if name in shape.members and member is not None:
                    yield from _problems(shape.members[name], member, _member(path, name))
        case ListShape():
            size = _violated_limit(shape.metadata, len(value))
            if size:
                yield failed(f"have length {size}")
            for index, member in enumerate(value, 1):
                yield from _problems(shape.member, member, f"{path}.{index}.member")
        case MapShape():
            for key, member in value.items():
                yield from _problems(shape.key, key, path)
                yield from _problems(shape.value, member, f"{path}.{key}.member")
        case Shape(type_name="string"):
            size = _violated_limit(shape.metadata, len(value))
            allowed = shape.metadata.get("enum")
            pattern = _compile(shape.metadata.get("pattern"))
            if size:
                yield failed(f"have length {size}")
            if allowed and value not in allowed:
                yield failed(f"satisfy enum value set: [{', '.join(allowed)}]")
            if pattern and not pattern.fullmatch(value):
                yield failed(f"satisfy regular expression pattern: {shape.metadata['pattern']}")
        case Shape(type_name="integer" | "long" | "float" | "double"):
            size = _violated_limit(shape.metadata, value)
            if size:
                yield failed(f"have value {size}")


def _member(path: str, name: str) -> str:
    """AWS names members in lower camel case, whatever their case in the request."""
    name = name[0].lower() + name[1:]
    return f"{path}.{name}" if path else name


def _violated_limit(limits: dict[str, Any], size: float) -> str | None:
    if "min" in limits and size < limits["min"]:
        return f"greater than or equal to {limits['min']}"
    if "max" in limits and size > limits["max"]:
        return f"less than or equal to {limits['max']}"
    return None


@cache
def _compile(pattern: str | None) -> re.Pattern[str] | None:
    """Compiles a pattern of a model, which is Java's; a pattern that Python cannot compile is not enforced."""
    try:
        return re.compile(pattern) if pattern else None
    except re.error:
        return None


def _not_implemented(response: BaseResponse) -> TYPE_RESPONSE:
    return _sandbox_error(response, f"the sandbox does not emulate {response.service_name}:{response._get_action()}")


def _sandbox_error(response: BaseResponse, message: str) -> TYPE_RESPONSE:
    """An error that SDKs do not retry, and whose message names the sandbox."""
    try:
        _, headers, body = response.serialized(ActionResult(Error("NotImplemented", message)))
    except Exception:
        headers, body = {}, message
    return 501, headers, body


def _internal_error(response: BaseResponse, error: Exception) -> TYPE_RESPONSE:
    action = f"{response.service_name}:{response._get_action()}"
    log.exception("%s", action)
    return _sandbox_error(response, f"the sandbox failed at {action}: {type(error).__name__}: {error}")


def _call_action(response: BaseResponse) -> TYPE_RESPONSE:
    try:
        return _moto_call_action(response)
    except NotImplementedError:
        return _not_implemented(response)
    except Exception as error:
        return _internal_error(response, error)


def account_of(key: str) -> str:
    """The account of an access key; MOTO_ACCOUNT_ID is only the default."""
    for account, partitions in list(iam_backends.items()):
        if any(key in iam.access_keys for iam in list(partitions.values())):
            return account
    return os.environ.get("MOTO_ACCOUNT_ID", DEFAULT_ACCOUNT_ID)


def _current_account(response: BaseResponse) -> str:
    return account_of(response.get_access_key())


def _get_backend(name: str) -> BackendDict[Any]:
    # A dictionary of backends that is empty is false.
    return _registry[name] if name in _registry else _moto_get_backend(name)


# moto lists its folder and the members of classes with every request; these are cached.
_moto_services = tuple(backends.list_of_moto_modules())
_moto_call_action = BaseResponse.call_action
_moto_get_backend: Any = backends.get_backend


def install() -> None:
    BaseResponse.call_action = _call_action
    BaseResponse.get_current_account = _current_account
    backends.get_backend = _get_backend
    backends.list_of_moto_modules = lambda: _moto_services
    responses.method_names_from_class = cache(responses.method_names_from_class)
    # In debug mode, in which moto's applications are, Flask makes a class for each request.
    Request._load_form_data = werkzeug.Request._load_form_data
