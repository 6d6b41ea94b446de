"""Lambda: the settings of a function that moto drops. No function is ever run."""

# pyright: reportAttributeAccessIssue=false, reportArgumentType=false, reportReturnType=false

from typing import Any

from moto.awslambda.models import LambdaFunction

from .core import Params

_KEPT = ("KMSKeyArn", "DeadLetterConfig", "LoggingConfig", "TracingConfig", "SnapStart")


def _init(function: LambdaFunction, account_id: str, spec: Params, *args: Any, **kwargs: Any) -> None:
    function.kept = {key: spec[key] for key in _KEPT if key in spec}
    _stock_init(function, account_id, spec, *args, **kwargs)


def _get_configuration(function: LambdaFunction, on_create: bool = False) -> Params:
    """AWS answers the settings as they were sent, and leaves out an empty key and dead letter target."""
    configuration: Params = _stock_get_configuration(function, on_create) | function.kept
    if not configuration.get("KMSKeyArn"):
        configuration.pop("KMSKeyArn", None)
    if not configuration.get("DeadLetterConfig", {}).get("TargetArn"):
        configuration.pop("DeadLetterConfig", None)
    return configuration


def _update_configuration(function: LambdaFunction, updates: Params) -> Params:
    """AWS replaces the members that are sent; an environment without variables takes them away."""
    function.kept.update({key: updates[key] for key in _KEPT if key in updates})
    if "Environment" in updates:
        updates["Environment"] = {"Variables": {}} | updates["Environment"]
    configuration: Params = _stock_update_configuration(function, updates)
    return configuration


def _invoke_lambda(function: LambdaFunction, event: Any = None) -> tuple[str, bool, str]:
    """AWS runs the function; here it has answered null, whatever the event. moto would look for docker."""
    return "null", False, ""


_stock_init: Any = LambdaFunction.__init__
_stock_get_configuration: Any = LambdaFunction.get_configuration
_stock_update_configuration: Any = LambdaFunction.update_configuration


def install() -> None:
    LambdaFunction.__init__ = _init
    LambdaFunction.get_configuration = _get_configuration
    LambdaFunction.update_configuration = _update_configuration
    LambdaFunction._invoke_lambda = _invoke_lambda
