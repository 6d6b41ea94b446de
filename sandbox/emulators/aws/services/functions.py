"""Lambda: the settings of a function that moto drops. No function runs."""

# pyright: reportAttributeAccessIssue=false, reportArgumentType=false, reportReturnType=false

from typing import Any

from moto.awslambda.models import LambdaFunction

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


_moto_init: Any = LambdaFunction.__init__
_moto_get_configuration: Any = LambdaFunction.get_configuration
_moto_update_configuration: Any = LambdaFunction.update_configuration


def install() -> None:
    LambdaFunction.__init__ = _init
    LambdaFunction.get_configuration = _get_configuration
    LambdaFunction.update_configuration = _update_configuration
    LambdaFunction._invoke_lambda = _invoke_lambda
