"""SQS: the attributes that moto writes anew or forgets."""

import json
from typing import Any

from moto.sqs.models import Queue


def _set_attributes(queue: Queue, attributes: dict[str, Any], now: float | None = None) -> None:
    """AWS leaves alone what is not sent, and answers the redrive policies as they were sent."""
    kept = {"Policy": queue.policy} if hasattr(queue, "policy") else {}
    _stock_set_attributes(queue, kept | attributes, now)
    for key, name in (("RedrivePolicy", "redrive_text"), ("RedriveAllowPolicy", "redrive_allow_text")):
        if key in attributes:
            text = attributes[key]
            setattr(queue, name, text if isinstance(text, str) or not text else json.dumps(text))


def _attributes(queue: Queue) -> dict[str, Any]:
    attributes: dict[str, Any] = _stock_attributes(queue)
    if queue.redrive_policy:
        attributes["RedrivePolicy"] = queue.redrive_text
    if getattr(queue, "redrive_allow_text", None):
        attributes["RedriveAllowPolicy"] = queue.redrive_allow_text
    return attributes


_stock_set_attributes: Any = Queue._set_attributes
_stock_attributes: Any = Queue.attributes.fget


def install() -> None:
    # moto refuses to be asked for an attribute that is not in one of its lists.
    Queue.KMS_ATTRIBUTES = [*Queue.KMS_ATTRIBUTES]
    Queue._set_attributes = _set_attributes
    Queue.attributes = property(_attributes)
