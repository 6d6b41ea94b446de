"""The delivery of events from a bus to the targets of its rules: in the background, as at AWS."""

import json
import queue
import re
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

from moto.core.utils import iso_8601_datetime_with_milliseconds, unix_time, utcfromtimestamp
from moto.events.models import Rule, events_backends

from . import patterns, targets
from .core import Params, log

_work: "queue.Queue[Callable[[], None]]" = queue.Queue()
_started = threading.Lock()
_ALL = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"


def enqueue(work: Callable[[], None]) -> None:
    """Runs work in the background, after the work already in the queue."""
    if _started.acquire(blocking=False):
        threading.Thread(target=_run, daemon=True).start()
    _work.put(work)


def _run() -> None:
    while True:
        work = _work.get()
        try:
            work()
        except Exception:
            log.exception("in the background")
        finally:
            _work.task_done()


def wait_until_idle(seconds: float) -> bool:
    """Waits until every event is delivered; false if that takes longer than seconds."""
    with _work.all_tasks_done:
        return _work.all_tasks_done.wait_for(lambda: not _work.unfinished_tasks, seconds)


def has_rule_for(account: str, region: str, name: str) -> bool:
    """Whether a rule of the default bus receives calls of that name."""
    rules = list(events_backends[account][region].event_buses["default"].rules.values())
    return any(_is_active(rule) and _receives_call(rule, name) for rule in rules)


def deliver(account: str, region: str, event: Params, bus: str = "default", forwarded: bool = False) -> None:
    """Delivers an event to the rules of a bus, now. Its time may be a number."""
    rules = [
        rule for rule in list(events_backends[account][region].event_buses[bus].rules.values()) if _is_active(rule)
    ]
    if not rules:
        return
    sent = as_delivered(event)
    fields = patterns.fields(json.dumps(sent))
    for rule in rules:
        if _receives(rule, sent) and patterns.matches(patterns.compiled(rule.event_pattern.dump() or ""), fields):
            _deliver_to_targets(rule, sent, forwarded)


def send_to_targets(rule: Rule, event: Params, _transform: bool = True) -> None:
    """Delivers in the background, so that a failing target never fails PutEvents."""
    # A rule with only a schedule has no pattern, which moto reads as a pattern that matches everything.
    if not _is_active(rule):
        return
    sent = as_delivered(event)
    if matches(rule.event_pattern.dump() or "", sent):
        enqueue(lambda: _deliver_to_targets(rule, sent, False))


def matches(pattern: str, event: Params) -> bool:
    return patterns.matches(patterns.compiled(pattern), patterns.fields(json.dumps(event)))


def as_delivered(event: Params) -> Params:
    """The event as a target receives it."""
    sent = {key: value for key, value in event.items() if key != "ingestion-time"}
    if not isinstance(sent["time"], str) or re.fullmatch(r"[\d.]+", sent["time"]):
        moment = iso_8601_datetime_with_milliseconds(utcfromtimestamp(int(float(sent["time"]))))
        sent["time"] = re.sub(r"\.\d+Z$", "Z", moment)
    return sent


def _is_active(rule: Rule) -> bool:
    return rule.state != "DISABLED" and bool(rule.event_pattern.get_pattern())


def _receives_call(rule: Rule, name: str) -> bool:
    return rule.state == _ALL or is_sent_to_all_rules(name)


def is_sent_to_all_rules(name: str) -> bool:
    """Whether every rule receives the event of a call.

    Amazon EventBridge User Guide, Receiving read-only management events from AWS services.
    """
    return name in ("GetFederationToken", "GetSessionToken") or not name.startswith(("Describe", "Get", "List"))


def _receives(rule: Rule, event: Params) -> bool:
    called = event["detail-type"] == "AWS API Call via CloudTrail"
    return not called or _receives_call(rule, str(event["detail"].get("eventName", "")))


def _deliver_to_targets(rule: Rule, event: Params, forwarded: bool) -> None:
    # An archive is a rule of moto's own, with a target that names no resource.
    if any(target["Arn"].endswith("::") for target in rule.targets):
        put = datetime.fromisoformat(event["time"]).timestamp()
        _moto_send_to_targets(rule, event | {"time": put, "ingestion-time": unix_time()})
        return
    for target in list(rule.targets):
        # Amazon EventBridge User Guide, Sending and receiving events between event buses:
        # an event that came from a bus is not forwarded to a third one.
        if forwarded and ":event-bus/" in target["Arn"]:
            continue
        try:
            try:
                targets.deliver(rule, target, event, _forward)
            except targets.Undeliverable as reason:
                log.info("%s to %s: %s", rule.arn, target["Arn"], reason)
                targets.send_to_dead_letter_queue(rule, target, event, reason)
            except Exception as error:
                log.exception("%s to %s", rule.arn, target["Arn"])
                targets.send_to_dead_letter_queue(
                    rule, target, event, targets.Undeliverable("SDK_CLIENT_ERROR", str(error))
                )
        except targets.Undeliverable as reason:
            log.info("dead letter of %s to %s: %s", rule.arn, target["Arn"], reason)


def _forward(account: str, region: str, bus: str, event: Params) -> None:
    """Forwards the event unchanged: account, region, time, id and resources stay those of its origin."""
    copy = json.loads(json.dumps(event))
    enqueue(lambda: deliver(account, region, copy, bus, forwarded=True))


_moto_send_to_targets: Any = Rule.send_to_targets
