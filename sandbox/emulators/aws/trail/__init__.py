"""CloudTrail's events on EventBridge: which calls have one, and what it contains.

A call has an event while a trail of its account logs that covers its region and selects
calls of its kind. Without a rule for it no event is made.
"""

import json
from datetime import UTC, datetime
from typing import Any

from calls import Call
from moto.cloudtrail.models import Trail, cloudtrail_backends
from services import delivery

from . import names
from .identity import account
from .parameters import Response, operation_model
from .record import CallContext, record, wrap_in_event

__all__ = ["Response", "capture", "inject", "is_recorded", "report", "report_only"]


def is_recorded(call: Call) -> bool:
    """Whether CloudTrail has a management event for the call."""
    return (
        call.operation is not None
        and operation_model(call.model, call.operation) is not None
        and not names.is_data(call.model, call.operation)
    )


def capture(call: Call) -> CallContext | None:
    """Captures caller and resources of a call before the service runs it; None if no rule receives its event."""
    of, region = account(call), names.region(call.service, call.region)
    if not delivery.has_rule_for(of, region, call.operation or "") or not any(
        _records(trail, call, region) for trail in _trails(of)
    ):
        return None
    return CallContext(call, of, region)


def report(context: CallContext, response: Response) -> None:
    """Puts the call on the default bus of its account and region."""
    at = datetime.now(UTC)
    delivery.enqueue(lambda: delivery.deliver(context.account, context.region, record(context, response, at)))


def report_only(call: Call, changes: dict[str, Any]) -> None:
    """Puts the event of a call that is not made, with changes to its record such as another caller."""
    context = capture(call) if is_recorded(call) else None
    if context is not None:
        event = record(context, Response(501, {}, b""), datetime.now(UTC))  # recorded as a success
        event["detail"] |= changes
        delivery.enqueue(lambda: delivery.deliver(context.account, context.region, event))


def inject(event: dict[str, Any]) -> None:
    """Puts an event that no caller can put: one of an AWS service, or a record of CloudTrail."""
    if "eventSource" in event:
        event = wrap_in_event(event)
    complete: dict[str, Any] = {
        "version": "0",
        "id": "injected",
        "resources": [],
        "time": datetime.now(UTC).timestamp(),
    } | event
    delivery.enqueue(
        lambda: delivery.deliver(complete["account"], complete["region"], json.loads(json.dumps(complete)))
    )


def _trails(of: str) -> list[Trail]:
    return [trail for backend in list(cloudtrail_backends[of].values()) for trail in list(backend.trails.values())]


def _records(trail: Trail, call: Call, region: str) -> bool:
    if not trail.status.is_logging or not (trail.is_multi_region or trail.region_name == region):
        return False
    read_only = names.is_read_only(call.service, call.operation or "")
    source = f"{call.service}.amazonaws.com"
    if trail.advanced_event_selectors:
        fields = {
            "eventCategory": "Management",
            "eventSource": source,
            "eventName": call.operation or "",
            "readOnly": "true" if read_only else "false",
        }
        return any(_selects(selector, fields) for selector in trail.advanced_event_selectors)
    kinds = ("All", "ReadOnly" if read_only else "WriteOnly")
    return not trail.event_selectors or any(
        selector["IncludeManagementEvents"]
        and selector["ReadWriteType"] in kinds
        and source not in selector["ExcludeManagementEventSources"]
        for selector in trail.event_selectors
    )


def _selects(selector: dict[str, Any], fields: dict[str, str]) -> bool:
    """AWS requires every field to match one of its values and none of its Not values."""
    return all(_matches_field(field, fields.get(field["Field"], "")) for field in selector["FieldSelectors"])


def _matches_field(field: dict[str, Any], value: str) -> bool:
    tests = {"Equals": value.__eq__, "StartsWith": value.startswith, "EndsWith": value.endswith}
    for name, test in tests.items():
        if name in field and not any(test(wanted) for wanted in field[name]):
            return False
        if f"Not{name}" in field and any(test(wanted) for wanted in field[f"Not{name}"]):
            return False
    return True
