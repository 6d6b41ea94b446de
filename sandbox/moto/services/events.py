"""EventBridge: which rules see an event, what each kind of target gets, and the test of a pattern."""

import json
import re
import uuid
from typing import Any

from moto.core.utils import iso_8601_datetime_with_milliseconds, unix_time, utcfromtimestamp
from moto.events.exceptions import InvalidEventPatternException
from moto.events.models import EventPattern, Rule, events_backends
from moto.events.responses import EventsHandler
from moto.logs.models import logs_backends
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

from . import core
from .core import Error, Params, log
from .stepfunctions import stepfunctions_backends


class Events(core.Service):
    model = "events"
    backends = events_backends
    stock = EventsHandler

    def test_event_pattern(self, params: Params) -> Params:
        """AWS answers whether the pattern matches, and wants an event with all of its envelope."""
        try:
            event = json.loads(params["Event"])
        except ValueError:
            raise Error("ValidationException", "Event is not valid JSON") from None
        for field in ("id", "account", "source", "time", "region", "resources", "detail-type"):
            if field not in event:
                raise Error("ValidationException", f"Parameter Event is not valid. Reason: {field} is missing")
        try:
            pattern = EventPattern.load(params["EventPattern"])
        except InvalidEventPatternException as error:
            raise Error("InvalidEventPatternException", error.message) from None
        return {"Result": pattern.matches_event(event)}


def _send_to_targets(rule: Rule, event: Params, transform_input: bool = True) -> None:
    """AWS delivers in the background: nothing that a target does is seen by who put the event."""
    # A rule with a schedule only has no pattern, which moto takes for one that matches everything.
    if rule.state == "DISABLED" or not rule.event_pattern.get_pattern():
        return
    # An archive is a rule of moto's own, with a target that names no resource.
    if any(target["Arn"].endswith("::") for target in rule.targets):
        _stock_send_to_targets(rule, event, transform_input)
        return
    if not rule.event_pattern.matches_event(event):
        return
    sent = {key: value for key, value in event.items() if key != "ingestion-time"}
    sent["time"] = re.sub(
        r"\.\d+Z$", "Z", iso_8601_datetime_with_milliseconds(utcfromtimestamp(int(float(event["time"]))))
    )
    for target in rule.targets:
        message = _message(target, sent)
        try:
            _deliver(target["Arn"], message, target)
        except Exception:
            log.debug("%s to %s", rule.arn, target["Arn"], exc_info=True)
            dead_letters = target.get("DeadLetterConfig", {}).get("Arn")
            if dead_letters:
                _deliver(dead_letters, message, {})


def _message(target: Params, event: Params) -> str:
    """What the target gets: the event, a constant, a part of the event, or a template filled from it."""
    if "Input" in target:
        return str(target["Input"])
    if "InputPath" in target:
        return json.dumps(_at(event, target["InputPath"]))
    transformer = target.get("InputTransformer")
    if transformer is None:
        return json.dumps(event)
    text = str(transformer["InputTemplate"])
    values = {name: _at(event, path) for name, path in transformer.get("InputPathsMap", {}).items()}
    values["aws.events.event.json"] = event
    values["aws.events.event"] = event
    for name, value in values.items():
        text = text.replace(f"<{name}>", value if isinstance(value, str) else json.dumps(value))
    return text


def _at(event: Params, path: str) -> Any:
    """The value at a path like $.detail.resources[0]; nothing where the path leads nowhere."""
    found: Any = event
    for name, index in re.findall(r"([^.\[\]$]+)|\[(\d+)\]", path):
        try:
            found = found[int(index)] if index else found[name]
        except (KeyError, IndexError, TypeError):
            return ""
    return found


def _deliver(arn: str, message: str, target: Params) -> None:
    """Of the kinds of targets, those without a case here (Lambda, ECS, CodeBuild, …) get nothing."""
    _, _, service, region, account, resource = arn.split(":", 5)
    match service:
        case "sqs":
            group = target.get("SqsParameters", {}).get("MessageGroupId")
            sqs_backends[account][region].send_message(queue_name=resource, message_body=message, group_id=group)
        case "sns":
            sns_backends[account][region].publish(message=message, arn=arn)
        case "states":
            stepfunctions_backends[account][region].start_execution(arn, str(uuid.uuid4()), message)
        case "logs":
            name = resource.removeprefix("log-group:").removesuffix(":*")
            logs, stream = logs_backends[account][region], str(uuid.uuid4())
            logs.create_log_stream(name, stream)
            logs.put_log_events(name, stream, [{"timestamp": unix_time() * 1000, "message": message}])
        case "events":
            event = json.loads(message)
            events_backends[account][region].put_events(
                [
                    {
                        "Source": event["source"],
                        "DetailType": event["detail-type"],
                        "Detail": json.dumps(event["detail"]),
                        "EventBusName": resource.removeprefix("event-bus/"),
                    }
                ]
            )


_stock_send_to_targets: Any = Rule.send_to_targets


def install() -> None:
    core.serve_over(Events)
    Rule.send_to_targets = _send_to_targets
