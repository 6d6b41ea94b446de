"""The parameters and response elements of a call, in CloudTrail's form."""

import json
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from botocore.parsers import create_parser
from calls import Call, path_parameters
from moto.core.model import ListShape, MapShape, OperationModel, Shape, StructureShape
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import determine_request_protocol
from moto.core.utils import get_service_model

from . import names

Parameters = dict[str, Any]


@dataclass(frozen=True)
class Response:
    """A service's response; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_from_aws(self) -> bool:
        """Whether AWS could send this response. An error of the sandbox itself is not one."""
        return self.status != 501 and not self.body[:15].lower().startswith(b"<!doctype html")


@cache
def operation_model(model: str, operation: str) -> OperationModel | None:
    """The operation in AWS's models; None if it does not exist."""
    try:
        service = get_service_model(model)
    except Exception:
        return None
    return service.operation_model(operation) if operation in service.operation_names else None


def request_parameters(call: Call) -> Parameters | None:
    """The parameters of the request; None if there are none."""
    if call.model == "s3":
        return _s3_parameters(call)
    model = operation_model(call.model, call.operation or "")
    if model is None or model.input_shape is None:
        return None
    protocol = determine_request_protocol(model.service_model, call.request.mimetype)
    parsed = PROTOCOL_PARSERS[protocol](model).parse(
        {
            "method": call.request.method,
            "values": call.request.values,
            "headers": call.request.headers,
            "body": call.body,
            "url_path": call.request.path,
            "url_params": path_parameters(call),
        }
    )
    return _format(call.service, model.input_shape, parsed) or None


def response_elements(call: Call, sent: Response) -> Parameters | None:
    """The elements of the response to a call that changes something; None if there are none."""
    model = operation_model(call.model, call.operation or "")
    if model is None or model.output_shape is None or call.model == "s3" or not sent.is_from_aws:
        return None
    parsed = _parsed(call, sent, model)
    return _format(call.service, model.output_shape, parsed) or None


def error_of(call: Call, sent: Response) -> tuple[str, str] | None:
    """Code and message of an error, the code by its name in the model; None if the call did not fail."""
    if sent.status < 400 or not sent.is_from_aws:
        return None
    model = operation_model(call.model, call.operation or "")
    error = _parsed(call, sent, model)["Error"] if model else {}
    code = str(error.get("Code") or sent.status)
    shapes = {shape.error_code: shape.name for shape in model.error_shapes} if model else {}
    return shapes.get(code, code), str(error.get("Message", ""))


def _parsed(call: Call, sent: Response, model: OperationModel) -> Parameters:
    # SQS and others respond in the protocol of the request.
    protocol = determine_request_protocol(model.service_model, call.request.mimetype)
    response = {"status_code": sent.status, "headers": sent.headers, "body": sent.body}
    parsed: Parameters = create_parser(protocol).parse(response, model.output_shape)
    return parsed


def _format(service: str, shape: Shape, value: Any) -> Any:
    match shape:
        case StructureShape():
            members = {
                names.camel(service, name): _member(service, member, value[name])
                for name, member in shape.members.items()
                if isinstance(value, dict) and value.get(name) is not None
            }
            return {name: one for name, one in members.items() if one is not None}
        case ListShape():  # pyright: ignore[reportUnnecessaryComparison]
            return [_format(service, shape.member, one) for one in value]
        case MapShape():  # pyright: ignore[reportUnnecessaryComparison]
            pairs = {key: _member(service, shape.value, one) for key, one in value.items()}
            return {key: one for key, one in pairs.items() if one is not None}
    if isinstance(value, datetime):
        return f"{value:%b} {value.day}, {value.year}, {value.hour % 12 or 12}:{value:%M:%S} {value:%p}"
    return value


def _member(service: str, shape: Shape, value: Any) -> Any:
    """Leaves out binary values, and leaves out or hides sensitive ones."""
    if shape.type_name == "blob":
        return None
    return names.HIDDEN.get(service) if shape.metadata.get("sensitive") else _format(service, shape, value)


def _s3_parameters(call: Call) -> Parameters:
    """S3 records its REST API: the query, the access headers, and the body as XML."""
    request = call.request
    bucket = request.path.strip("/").partition("/")[0]
    host = f"s3.{call.region}.amazonaws.com"
    parameters: Parameters = {"bucketName": bucket, "Host": f"{bucket}.{host}"} if bucket else {"Host": host}
    parameters |= {name: request.args[name] for name in request.args}
    parameters |= {name.lower(): value for name, value in request.headers if name.lower() in _ACCESS}
    if call.operation == "PutBucketPolicy":
        parameters["bucketPolicy"] = json.loads(call.body)
    elif call.body:
        root = ElementTree.fromstring(call.body)  # noqa: S314
        parameters[_tag(root)] = _document(root)
    return parameters


_ACCESS = ("x-amz-acl", "x-amz-bucket-object-lock-enabled", "x-amz-object-ownership", "x-amz-expected-bucket-owner")


def _document(root: ElementTree.Element) -> Any:
    space = root.tag.partition("}")[0][1:] if root.tag.startswith("{") else ""
    return _children(root) | ({"xmlns": space} if space else {})


def _children(element: ElementTree.Element) -> Parameters:
    children: dict[str, list[Any]] = {}
    for child in element:
        value = _children(child) if len(child) else _scalar((child.text or "").strip())
        children.setdefault(_tag(child), []).append(value)
    return {tag: values[0] if len(values) == 1 else values for tag, values in children.items()}


def _scalar(text: str) -> Any:
    if text in ("true", "false"):
        return text == "true"
    return int(text) if text.isdigit() else text


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]
