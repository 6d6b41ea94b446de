"""How an event gets from a bus to the targets of its rules: in the background, as at AWS."""

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


def later(work: Callable[[], None]) -> None:
    """Does work after what is already to be done."""
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


def settled(seconds: float) -> bool:
    """Waits until nothing is left to be delivered; false if that takes longer."""
    with _work.all_tasks_done:
        return _work.all_tasks_done.wait_for(lambda: not _work.unfinished_tasks, seconds)


def listening(account: str, region: str, name: str) -> bool:
    """Whether a rule of the default bus looks at calls of that name."""
    rules = list(events_backends[account][region].event_buses["default"].rules.values())
    return any(_looks(rule) and _takes(rule, name) for rule in rules)


def post(account: str, region: str, event: Params, bus: str = "default", forwarded: bool = False) -> None:
    """Gives an event to the rules of a bus, now. A number stands for a time."""
    rules = [rule for rule in list(events_backends[account][region].event_buses[bus].rules.values()) if _looks(rule)]
    if not rules:
        return
    sent = as_sent(event)
    fields = patterns.fields(json.dumps(sent))
    for rule in rules:
        if _wants(rule, sent) and patterns.matches(patterns.compiled(rule.event_pattern.dump() or ""), fields):
            _hand_out(rule, sent, forwarded)


def send_to_targets(rule: Rule, event: Params, _transform: bool = True) -> None:
    """Whoever puts an event sees nothing of what targets do with it."""
    # A rule with a schedule only has no pattern, which moto takes for one that matches everything.
    if not _looks(rule):
        return
    sent = as_sent(event)
    if matches(rule.event_pattern.dump() or "", sent):
        later(lambda: _hand_out(rule, sent, False))


def matches(pattern: str, event: Params) -> bool:
    return patterns.matches(patterns.compiled(pattern), patterns.fields(json.dumps(event)))


def as_sent(event: Params) -> Params:
    """The event as a target sees it."""
    sent = {key: value for key, value in event.items() if key != "ingestion-time"}
    if not isinstance(sent["time"], str) or re.fullmatch(r"[\d.]+", sent["time"]):
        moment = iso_8601_datetime_with_milliseconds(utcfromtimestamp(int(float(sent["time"]))))
        sent["time"] = re.sub(r"\.\d+Z$", "Z", moment)
    return sent


def _looks(rule: Rule) -> bool:
    return rule.state != "DISABLED" and bool(rule.event_pattern.get_pattern())


def _takes(rule: Rule, name: str) -> bool:
    return rule.state == _ALL or hears(name)


def hears(name: str) -> bool:
    """Whether every rule gets the event of a call.

    Amazon EventBridge User Guide, Receiving read-only management events from AWS services.
    """
    return name in ("GetFederationToken", "GetSessionToken") or not name.startswith(("Describe", "Get", "List"))


def _wants(rule: Rule, event: Params) -> bool:
    called = event["detail-type"] == "AWS API Call via CloudTrail"
    return not called or _takes(rule, str(event["detail"].get("eventName", "")))


def _hand_out(rule: Rule, event: Params, forwarded: bool) -> None:
    # An archive is a rule of moto's own, with a target that names no resource.
    if any(target["Arn"].endswith("::") for target in rule.targets):
        put = datetime.fromisoformat(event["time"]).timestamp()
        _stock_send_to_targets(rule, event | {"time": put, "ingestion-time": unix_time()})
        return
    for target in list(rule.targets):
        # Amazon EventBridge User Guide, Sending and receiving events between event buses:
        # what came from a bus goes to no third one.
        if forwarded and ":event-bus/" in target["Arn"]:
            continue
        try:
            try:
                targets.give(rule, target, event, _forward)
            except targets.Undeliverable as reason:
                log.info("%s to %s: %s", rule.arn, target["Arn"], reason)
                targets.bury(rule, target, event, reason)
            except Exception as error:
                log.exception("%s to %s", rule.arn, target["Arn"])
                targets.bury(rule, target, event, targets.Undeliverable("SDK_CLIENT_ERROR", str(error)))
        except targets.Undeliverable as reason:
            log.info("dead letter of %s to %s: %s", rule.arn, target["Arn"], reason)


def _forward(account: str, region: str, bus: str, event: Params) -> None:
    """A bus gets the event as it is: account, region, time, id and resources are those of where it comes from."""
    kept = json.loads(json.dumps(event))
    later(lambda: post(account, region, kept, bus, forwarded=True))


_stock_send_to_targets: Any = Rule.send_to_targets
