"""The interpreter of the Amazon States Language: AWS's behavior where moto differs, and the role of its calls."""

# pyright: reportAttributeAccessIssue=false, reportArgumentType=false, reportReturnType=false

import logging
import re
import sys
import threading
from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any

import boto3
from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.model import ListShape, MapShape, OperationModel, ServiceModel, Shape, StructureShape
from jsonpath_ng.ext import parse
from moto.core.utils import get_service_model, iso_8601_datetime_with_milliseconds
from moto.settings import moto_server_port
from moto.stepfunctions.parser.asl.component.state import state
from moto.stepfunctions.parser.asl.component.state.choice.comparison.comparison_operator_type import (
    ComparisonOperatorType,
)
from moto.stepfunctions.parser.asl.component.state.choice.comparison.comparison_variable import ComparisonVariable
from moto.stepfunctions.parser.asl.component.state.choice.comparison.variable import NoSuchVariable
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_aws_sdk import (
    StateTaskServiceAwsSdk,
)
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.states import StateData
from moto.stepfunctions.parser.asl.utils.json_path import NoSuchJsonPathError

from .core import Params, is_service_trusted

PRINCIPAL = "states.amazonaws.com"
_ACRONYM = re.compile(r"([A-Z])([A-Z]+)(?=[A-Z][a-z]|$)")
_MULTIPLE = re.compile(r"\.\.|\*|\?\(|\[[^\]]*[:,]")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_boto = threading.Lock()
_parsed = cache(parse)


def extract_json(path: str, data: Any) -> Any:
    """AWS returns a list for a path that can match several values, however many match; else the one value."""
    found = [match.value for match in _parsed(path).find(data)]
    if _MULTIPLE.search(_QUOTED.sub("''", path)):
        return found
    if not found:
        raise NoSuchJsonPathError(json_path=path, data=data)
    return found[0]


def boto_client_for(region: str, service: str, state_credentials: Any = None) -> BaseClient:
    """AWS calls services as the role of the machine, which must trust Step Functions."""
    role: str = state_credentials.role_arn
    _, partition, _, _, account, _ = role.split(":", 5)
    if not is_service_trusted(account, partition, role, PRINCIPAL):
        message = f"User: {PRINCIPAL} is not authorized to perform: sts:AssumeRole on resource: {role}"
        raise ClientError(
            {"Error": {"Code": "AccessDenied", "Message": message}, "ResponseMetadata": _REFUSED}, "AssumeRole"
        )
    with _boto:  # boto3's default session is not safe for concurrent use
        sts = _client("sts", region, aws_access_key_id="states", aws_secret_access_key="states")  # noqa: S106
        keys = sts.assume_role(RoleArn=role, RoleSessionName="states")["Credentials"]
        return _client(
            service,
            region,
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
        )


_REFUSED = {"HTTPStatusCode": 403, "RequestId": "sandbox"}


def _client(service: str, region: str, **keys: str) -> BaseClient:
    client = boto3.client(
        service,
        region_name=region,
        endpoint_url=f"http://127.0.0.1:{moto_server_port()}",
        config=Config(parameter_validation=False, retries={"total_max_attempts": 1}),
        **keys,
    )
    # Every response of AWS has a request ID, which the interpreter writes into causes.
    client.meta.events.register(
        "after-call", lambda parsed, **_: parsed["ResponseMetadata"].setdefault("RequestId", "sandbox")
    )
    return client


def operation(resource: str) -> OperationModel | None:
    """The operation of a resource like arn:aws:states:::aws-sdk:iam:putRolePolicy; None if it does not exist."""
    *_, service, action = resource.partition(".")[0].split(":")
    try:
        model: ServiceModel = get_service_model({"sfn": "stepfunctions"}.get(service, service))
        return model.operation_model(action[:1].upper() + action[1:])
    except Exception:
        return None


def pascal(name: str) -> str:
    return name[:1].upper() + name[1:]


def _to_request(value: Any, shape: Shape | None) -> Any:
    """AWS writes the members of requests in Pascal case, whatever their case in the service's model."""
    match shape, value:
        case StructureShape(), dict():
            names = {pascal(name): name for name in shape.members}
            return {names[k]: _to_request(v, shape.members[names[k]]) for k, v in value.items() if k in names}
        case ListShape(), list():
            return [_to_request(one, shape.member) for one in value]
        case MapShape(), dict():
            return {key: _to_request(one, shape.value) for key, one in value.items()}
    return value


def _from_response(value: Any, shape: Shape | None) -> Any:
    """AWS writes the members of responses in Pascal case too, and times as text."""
    match shape, value:
        case StructureShape(), dict():
            return {pascal(k): _from_response(v, shape.members[k]) for k, v in value.items() if k in shape.members}
        case ListShape(), list():
            return [_from_response(one, shape.member) for one in value]
        case MapShape(), dict():
            return {key: _from_response(one, shape.value) for key, one in value.items()}
        case _, datetime():
            return iso_8601_datetime_with_milliseconds(value)
    return value


def _normalise_parameters(task: StateTaskServiceAwsSdk, parameters: Params) -> None:
    model = operation(task.resource.resource_arn)
    _replace(parameters, _to_request(parameters, model.input_shape if model else None))


def _normalise_response(task: StateTaskServiceAwsSdk, response: Params) -> None:
    model = operation(task.resource.resource_arn)
    _replace(response, _from_response(response, model.output_shape if model else None))


def _replace(old: Params, new: Params) -> None:
    new = dict(new)
    old.clear()
    old.update(new)


def _normalise_service_error_name(service_name: str) -> str:
    """AWS names a service in errors as its SDK for Java does: CodePipeline, Iam, DynamoDb."""
    model: ServiceModel = get_service_model(service_name)
    name: str = model.service_id.replace(" ", "")
    return _ACRONYM.sub(lambda found: found[1] + found[2].lower(), name)


def _compare(comparison: ComparisonVariable, env: Environment) -> None:
    """AWS fails an execution that compares a missing value, except with IsPresent."""
    comparison.variable.eval(env)
    function = comparison.comparison_function
    if isinstance(env.stack[-1], NoSuchVariable) and function.operator_type is not ComparisonOperatorType.IsPresent:
        raise NoSuchJsonPathError(comparison.variable.string_sampler.literal_value, env.states.get_input())
    function.eval(env)


def _state_data(EnteredTime: str, Name: str) -> StateData:  # noqa: N803
    """AWS writes the time in milliseconds of UTC."""
    kind: Any = StateData
    entered: StateData = kind(EnteredTime=timestamp(datetime.fromisoformat(EnteredTime)), Name=Name)
    return entered


def timestamp(moment: datetime) -> str:
    return iso_8601_datetime_with_milliseconds(moment)


def install() -> None:
    # The parser logs every path without a match, which is the usual case in a Choice.
    logging.getLogger("moto.stepfunctions.parser").setLevel(logging.CRITICAL)
    _patch_parser(extract_json)
    _patch_parser(boto_client_for)
    state.StateData = _state_data
    ComparisonVariable._eval_body = _compare
    StateTaskServiceAwsSdk._normalise_parameters = _normalise_parameters
    StateTaskServiceAwsSdk._normalise_response = _normalise_response
    StateTaskServiceAwsSdk._normalise_service_error_name = staticmethod(_normalise_service_error_name)


def _patch_parser(function: Callable[..., Any]) -> None:
    """Replaces the interpreter's function of the same name in every module that imports it."""
    for name, module in list(sys.modules.items()):
        if name.startswith("moto.stepfunctions.parser.") and hasattr(module, function.__name__):
            setattr(module, function.__name__, function)
