"""SQS: the attributes that moto writes anew or forgets."""

# pyright: reportAttributeAccessIssue=false, reportArgumentType=false, reportReturnType=false

from typing import Any

from moto.sqs.models import Queue


def _set_attributes(queue: Queue, attributes: dict[str, Any], now: float | None = None) -> None:
    """AWS leaves alone what is not sent."""
    kept = {"Policy": queue.policy} if hasattr(queue, "policy") else {}
    _stock_set_attributes(queue, kept | attributes, now)
    if "RedrivePolicy" in attributes:
        queue.redrive_text = attributes["RedrivePolicy"]


def _attributes(queue: Queue) -> dict[str, Any]:
    """AWS answers the redrive policy as it was sent, letter by letter, and no empty allowance."""
    attributes: dict[str, Any] = _stock_attributes(queue)
    if not attributes["RedriveAllowPolicy"]:
        del attributes["RedriveAllowPolicy"]
    if queue.redrive_policy:
        attributes["RedrivePolicy"] = queue.redrive_text
    return attributes


_stock_set_attributes: Any = Queue._set_attributes
_stock_attributes: Any = Queue.attributes.fget


def install() -> None:
    Queue._set_attributes = _set_attributes
    Queue.attributes = property(_attributes)
    # AWS lets a dead letter queue say which queues may use it; moto stores it, but knows no such attribute.
    Queue.redrive_allow_policy = None
    Queue.BASE_ATTRIBUTES = [*Queue.BASE_ATTRIBUTES, "RedriveAllowPolicy"]
