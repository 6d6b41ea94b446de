"""SQS: the attributes that moto reformats or drops."""

# pyright: reportAttributeAccessIssue=false, reportArgumentType=false, reportReturnType=false

from typing import Any

from moto.sqs.models import Queue


def _set_attributes(queue: Queue, attributes: dict[str, Any], now: float | None = None) -> None:
    """AWS keeps the attributes that are not sent."""
    kept = {"Policy": queue.policy} if hasattr(queue, "policy") else {}
    _moto_set_attributes(queue, kept | attributes, now)
    if "RedrivePolicy" in attributes:
        queue.redrive_text = attributes["RedrivePolicy"]


def _attributes(queue: Queue) -> dict[str, Any]:
    """AWS returns the redrive policy exactly as sent, and no empty redrive allow policy."""
    attributes: dict[str, Any] = _moto_attributes(queue)
    if not attributes["RedriveAllowPolicy"]:
        del attributes["RedriveAllowPolicy"]
    if queue.redrive_policy:
        attributes["RedrivePolicy"] = queue.redrive_text
    return attributes


_moto_set_attributes: Any = Queue._set_attributes
_moto_attributes: Any = Queue.attributes.fget


def install() -> None:
    Queue._set_attributes = _set_attributes
    Queue.attributes = property(_attributes)
    # A dead letter queue can name the queues that may use it; moto stores this attribute without returning it.
    Queue.redrive_allow_policy = None
    Queue.BASE_ATTRIBUTES = [*Queue.BASE_ATTRIBUTES, "RedriveAllowPolicy"]
