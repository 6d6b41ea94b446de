"""The three tag operations, which differ between services only in the names of their members."""

from collections.abc import Callable
from typing import Any

from botocore.model import ListShape, Shape
from moto.core.utils import get_service_model

from .core import Error, Params


class Tagged:
    """A service that stores its tags as state.tags, a dictionary of dictionaries by ARN."""

    model: str
    state: Any
    # The service's error for an unknown ARN.
    not_found: Callable[[str], Error]

    def list_tags_for_resource(self, params: Params) -> Params:
        """AWS returns a map or a list of keys and values, as in the model."""
        output = get_service_model(self.model).operation_model("ListTagsForResource").output_shape
        assert output is not None
        name = next(name for name in output.members if "tags" in name.lower())
        return {name: _as(output.members[name], self._tags(params))}

    def tag_resource(self, params: Params) -> None:
        """AWS adds to the tags, replacing the values of keys that exist."""
        self._tags(params).update(as_map(next(value for key, value in params.items() if "tags" in key.lower())))

    def untag_resource(self, params: Params) -> None:
        """AWS accepts keys that do not exist."""
        for key in next(value for name, value in params.items() if "keys" in name.lower()):
            self._tags(params).pop(key, None)

    def _tags(self, params: Params) -> dict[str, str]:
        arn = next(value for key, value in params.items() if key.lower().endswith("arn"))
        if arn not in self.state.tags:
            raise type(self).not_found(arn)
        tags: dict[str, str] = self.state.tags[arn]
        return tags


def as_map(tags: Any) -> dict[str, str]:
    """The tags of a request, which are a map or a list."""
    if isinstance(tags, dict):
        return dict(tags)
    return {tag.get("Key", tag.get("key")): tag.get("Value", tag.get("value", "")) for tag in tags or []}


def _as(shape: Shape, tags: dict[str, str]) -> Any:
    if not isinstance(shape, ListShape):
        return tags
    key, value = shape.member.members
    return [{key: k, value: v} for k, v in sorted(tags.items())]
