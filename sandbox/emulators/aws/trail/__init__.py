"""CloudTrail as EventBridge knows it: which calls it tells of, and how they are written down.

A call is told of while a trail of its account is logging that covers its region and takes
calls of its kind. Nothing is written down where no rule looks at events.
"""

import json
from datetime import UTC, datetime
from typing import Any

from calls import Call
from moto.cloudtrail.models import Trail, cloudtrail_backends
from services import delivery

from . import words
from .identity import account
from .parameters import Answer, operation_model
from .record import Seen, enveloped, record

__all__ = ["Answer", "inject", "is_told_of", "look", "pretend", "tell"]


def is_told_of(call: Call) -> bool:
    """Whether CloudTrail has management events of such calls at all."""
    return (
        call.operation is not None
        and operation_model(call.model, call.operation) is not None
        and not words.is_data(call.model, call.operation)
    )


def look(call: Call) -> Seen | None:
    """What the record of the call will say of who makes it and on what; None if nobody will look at it."""
    of, region = account(call), words.region(call.service, call.region)
    if not delivery.listening(of, region, call.operation or "") or not any(
        _takes(trail, call, region) for trail in _trails(of)
    ):
        return None
    return Seen(call, of, region)


def tell(seen: Seen, answer: Answer) -> None:
    """Puts the call on the default bus of its account and region."""
    at = datetime.now(UTC)
    delivery.later(lambda: delivery.post(seen.account, seen.region, record(seen, answer, at)))


def pretend(call: Call, otherwise: dict[str, Any]) -> None:
    """Puts a call that is not made, with what its record says otherwise: who makes it, say."""
    seen = look(call) if is_told_of(call) else None
    if seen is not None:
        event = record(seen, Answer(501, {}, b""), datetime.now(UTC))  # as if AWS had done it
        event["detail"] |= otherwise
        delivery.later(lambda: delivery.post(seen.account, seen.region, event))


def inject(event: dict[str, Any]) -> None:
    """Puts an event that no caller may put: a service's own, or a record of CloudTrail's."""
    if "eventSource" in event:
        event = enveloped(event)
    complete: dict[str, Any] = {
        "version": "0",
        "id": "injected",
        "resources": [],
        "time": datetime.now(UTC).timestamp(),
    } | event
    delivery.later(lambda: delivery.post(complete["account"], complete["region"], json.loads(json.dumps(complete))))


def _trails(of: str) -> list[Trail]:
    return [trail for backend in list(cloudtrail_backends[of].values()) for trail in list(backend.trails.values())]


def _takes(trail: Trail, call: Call, region: str) -> bool:
    if not trail.status.is_logging or not (trail.is_multi_region or trail.region_name == region):
        return False
    read_only = words.is_read_only(call.service, call.operation or "")
    source = f"{call.service}.amazonaws.com"
    if trail.advanced_event_selectors:
        known = {
            "eventCategory": "Management",
            "eventSource": source,
            "eventName": call.operation or "",
            "readOnly": "true" if read_only else "false",
        }
        return any(_selects(selector, known) for selector in trail.advanced_event_selectors)
    kinds = ("All", "ReadOnly" if read_only else "WriteOnly")
    return not trail.event_selectors or any(
        selector["IncludeManagementEvents"]
        and selector["ReadWriteType"] in kinds
        and source not in selector["ExcludeManagementEventSources"]
        for selector in trail.event_selectors
    )


def _selects(selector: dict[str, Any], known: dict[str, str]) -> bool:
    """AWS wants every field to have one of the values, and none of those that it must not have."""
    return all(_fits(field, known.get(field["Field"], "")) for field in selector["FieldSelectors"])


def _fits(field: dict[str, Any], value: str) -> bool:
    tests = {"Equals": value.__eq__, "StartsWith": value.startswith, "EndsWith": value.endswith}
    for name, test in tests.items():
        if name in field and not any(test(wanted) for wanted in field[name]):
            return False
        if f"Not{name}" in field and any(test(wanted) for wanted in field[f"Not{name}"]):
            return False
    return True
