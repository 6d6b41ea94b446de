"""Lambda: the settings of a function that moto drops, and the events that rules invoke it with. No function runs."""

# pyright: reportAttributeAccessIssue=false, reportArgumentType=false, reportReturnType=false

import json
from typing import Any, NamedTuple

from moto.awslambda.models import LambdaFunction, lambda_backends

from .core import Params

_EXTRA_MEMBERS = ("KMSKeyArn", "DeadLetterConfig", "LoggingConfig", "TracingConfig", "SnapStart")


def _init(function: LambdaFunction, account_id: str, spec: Params, *args: Any, **kwargs: Any) -> None:
    function.extra_members = {key: spec[key] for key in _EXTRA_MEMBERS if key in spec}
    _moto_init(function, account_id, spec, *args, **kwargs)


def _get_configuration(function: LambdaFunction, on_create: bool = False) -> Params:
    """AWS returns the settings as sent, without an empty key or dead letter target."""
    configuration: Params = _moto_get_configuration(function, on_create) | function.extra_members
    if not configuration.get("KMSKeyArn"):
        configuration.pop("KMSKeyArn", None)
    if not configuration.get("DeadLetterConfig", {}).get("TargetArn"):
        configuration.pop("DeadLetterConfig", None)
    return configuration


def _update_configuration(function: LambdaFunction, updates: Params) -> Params:
    """AWS replaces the members that are sent; an environment without variables removes them."""
    function.extra_members.update({key: updates[key] for key in _EXTRA_MEMBERS if key in updates})
    if "Environment" in updates:
        updates["Environment"] = {"Variables": {}} | updates["Environment"]
    configuration: Params = _moto_update_configuration(function, updates)
    return configuration


def _invoke_lambda(function: LambdaFunction, event: Any = None) -> tuple[str, bool, str]:
    """AWS runs the function; here every function returns null, because moto needs docker to run one."""
    return "null", False, ""


class Invocation(NamedTuple):
    """An asynchronous invocation: the function's ARN and its event."""

    function: str
    event: str


_invocations: list[Invocation] = []


def find(arn: str) -> LambdaFunction | None:
    """Finds a function by its ARN."""
    _, _, _, region, account, _ = arn.split(":", 5)
    function: LambdaFunction | None = lambda_backends[account][region].get_function_by_arn(arn)
    return function


def policy_of(function: LambdaFunction) -> str | None:
    """The policy that says who invokes a function; None where it has no statement."""
    if not function.policy.statements:
        return None
    policy: str = json.dumps(function.policy.get_policy()["Policy"])
    return policy


def invoke(arn: str, event: str) -> None:
    """AWS runs the function later; here a test does, with what take_invocations returns."""
    _invocations.append(Invocation(arn, event))


def take_invocations() -> list[Params]:
    """Returns the invocations since the last call."""
    taken = [_invocations.pop(0) for _ in range(len(_invocations))]
    return [one._asdict() for one in taken]


_moto_init: Any = LambdaFunction.__init__
_moto_get_configuration: Any = LambdaFunction.get_configuration
_moto_update_configuration: Any = LambdaFunction.update_configuration


def install() -> None:
    LambdaFunction.__init__ = _init
    LambdaFunction.get_configuration = _get_configuration
    LambdaFunction.update_configuration = _update_configuration
    LambdaFunction._invoke_lambda = _invoke_lambda
