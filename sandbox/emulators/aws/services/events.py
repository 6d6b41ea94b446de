"""EventBridge: the validation of patterns and targets, and PutEvents."""

# pyright: reportAttributeAccessIssue=false, reportArgumentType=false, reportReturnType=false

import json
from collections import OrderedDict
from typing import Any

from moto.core.common_types import TYPE_RESPONSE
from moto.events.exceptions import InvalidEventPatternException
from moto.events.models import EventBus, EventPattern, Rule, events_backends
from moto.events.responses import EventsHandler
from moto.s3 import models as s3_models

from . import core, delivery, patterns, targets
from .core import Error, Params
from .matchers import Refused


class Events(core.Service):
    model = "events"
    backends = events_backends
    fallback = EventsHandler

    def put_rule(self, params: Params) -> TYPE_RESPONSE:
        """AWS rejects a pattern that exceeds the quota or is not valid."""
        pattern = params.get("EventPattern")
        if pattern is not None and len(pattern) > patterns.MAX_SIZE:
            # AWS documents the quota and not its error.
            raise Error("LimitExceededException", f"Event pattern exceeds {patterns.MAX_SIZE} characters")
        _check_pattern(pattern)
        return self.call_moto()

    def put_targets(self, params: Params) -> TYPE_RESPONSE:
        """AWS requires a role for targets without a resource policy, and checks its trust policy."""
        bus = self.state.event_buses.get(self.state._normalize_event_bus_arn(params.get("EventBusName")))
        rule = bus.rules.get(params["Rule"]) if bus else None
        for target in params["Targets"] if rule else ():
            role = target.get("RoleArn")
            if role is None and targets.needs_role(rule, target["Arn"]):
                raise Error("ValidationException", f"RoleArn is required for target {target['Arn']}.")
            if role is not None and not targets.can_assume(rule, role):
                raise Error(
                    "ValidationException",
                    f"Provided role '{role}' cannot be assumed by principal 'events.amazonaws.com'.",
                )
        return self.call_moto()

    def put_events(self, params: Params) -> Params:
        """AWS reserves sources that begin with aws. for its services."""
        entries = json.loads(self.body)["Entries"]  # moto needs the times as numbers
        results = []
        for entry in entries:
            if str(entry.get("Source", "")).startswith("aws."):
                message = "Not authorized for the source."
                results.append({"ErrorCode": "NotAuthorizedForSourceException", "ErrorMessage": message})
            else:
                results += self.state.put_events([entry])
        return {"FailedEntryCount": sum("ErrorCode" in result for result in results), "Entries": results}

    def test_event_pattern(self, params: Params) -> Params:
        """AWS returns whether the pattern matches, and requires an event with its whole envelope."""
        try:
            event = json.loads(params["Event"])
        except ValueError:
            raise Error("ValidationException", "Event is not valid JSON") from None
        for field in ("id", "account", "source", "time", "region", "resources", "detail-type"):
            if field not in event:
                raise Error("ValidationException", f"Parameter Event is not valid. Reason: {field} is missing")
        _check_pattern(params["EventPattern"])
        return {"Result": delivery.matches(params["EventPattern"], event)}


def _check_pattern(text: str | None) -> None:
    try:
        if text:
            patterns.compiled(text)
    except Refused as refused:
        raise Error("InvalidEventPatternException", f"Event pattern is not valid. Reason: {refused}") from None


def _load(raw: str | None) -> EventPattern:
    """Validates a pattern as AWS does; the pattern of an archive too."""
    try:
        if raw:
            patterns.compiled(raw)
    except Refused as refused:
        raise InvalidEventPatternException(reason=str(refused)) from None
    return EventPattern(raw, json.loads(raw) if raw else {})


def _matches_event(pattern: EventPattern, event: Any) -> bool:
    text = pattern.dump()
    return not text or delivery.matches(text, delivery.as_delivered(event))


class _Rules(OrderedDict[str, Rule]):
    """Rules that may change while moto iterates over them."""

    def values(self) -> Any:
        return list(super().values())


def _init(bus: EventBus, *arguments: Any, **named: Any) -> None:
    _moto_init(bus, *arguments, **named)
    bus.rules = _Rules()


_moto_init: Any = EventBus.__init__


def install() -> None:
    core.extend_moto(Events)
    EventBus.__init__ = _init
    Rule.send_to_targets = delivery.send_to_targets
    EventPattern.load = staticmethod(_load)
    EventPattern.matches_event = _matches_event
    # moto puts an object event for a new bucket.
    s3_models.events_send_notification = lambda **_: None
