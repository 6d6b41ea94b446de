"""Event patterns, judged as EventBridge judges them.

EventBridge matches with the library event-ruler, which AWS publishes. It takes an event
apart into fields, one for every value that is no object and no array, and remembers of
each in which elements of which arrays it stands: all fields that a pattern names have to
match in elements that go together. What is here gives the verdicts of its version 2.0.1
(test_patterns.py), and refuses what that refuses.
"""

import functools
import json
from collections.abc import Callable, Iterable
from typing import Any

from . import matchers
from .matchers import Literal, Refused, Value

# A path, the value there, and the element of each array that it stands in.
Field = tuple[str, Value, dict[int, int]]
# What a field may be, by its path, beside how that is written; None stands for {"exists": false}.
Branch = dict[str, dict[str, Callable[[Value], bool] | None]]

# EventBridge quotas: the default, up to 4096 on request.
MAX_SIZE = 2048
# Amazon EventBridge User Guide, Complex example with $or matching.
_MAX_BRANCHES = 1000
# What may one day be a matcher is no field name inside of $or.
_RESERVED = {
    *matchers.NAMES,
    *("=", "<", "<=", ">", ">=", "regex", "not-wildcard", "not-equals-ignore-case"),
    *("date-after", "date-on-or-after", "date-before", "date-on-or-before", "in-date-range"),
    *("ip-address-in-range", "ip-address-not-in-range"),
}


class _Pairs(list[tuple[str, Any]]):
    """An object with its members in order, those of one name too."""


@functools.lru_cache(maxsize=1024)
def compiled(text: str) -> list[Branch]:
    """The branches of a pattern, one of which has to match; raises Refused."""
    try:
        pattern = json.loads(text, object_pairs_hook=_Pairs, **_LITERALS)
    except ValueError as error:
        raise Refused(str(error)) from None
    if not isinstance(pattern, _Pairs):
        raise Refused("Filter is not an object")
    branches: list[Branch] = []
    _object(branches, pattern, "", False)
    if len(branches) > _MAX_BRANCHES:
        raise Refused(f"Event pattern has {len(branches)} rule combinations, {_MAX_BRANCHES} are allowed")
    return _added(branches)


def _added(branches: list[Branch]) -> list[Branch]:
    """The branches that event-ruler keeps.

    It takes one for another that it has when both are about the same fields and have
    something in common in each, and so does not see b in {"$or": [{"n": ["a"]}, {"n": ["a", "b"]}]}.
    """
    kept: list[Branch] = []
    for branch in branches:
        if not any(
            branch.keys() == other.keys() and all(branch[path].keys() & other[path].keys() for path in branch)
            for other in kept
        ):
            kept.append(branch)
    return kept


def _object(branches: list[Branch], pattern: _Pairs, path: str, in_or: bool) -> None:
    if not pattern:
        raise Refused("Empty objects are not allowed")
    for name, value in pattern:
        at = f"{path}.{name}" if path else name
        if name == "$or":
            _alternatives(branches, value, path)
        elif in_or and name in _RESERVED:
            raise Refused(f"{name} is Ruler reserved fieldName which cannot be used inside $or.")
        elif isinstance(value, _Pairs):
            _object(branches, value, at, in_or)
        elif isinstance(value, list):
            if not value:
                raise Refused("Empty arrays are not allowed")
            wanted = {_written(one): _matcher(one) for one in value}
            if not branches:
                branches.append({})
            for branch in branches:
                branch[at] = wanted  # the last of two is the one that counts
        else:
            raise Refused(f'"{name}" must be an object or an array')


def _alternatives(branches: list[Branch], value: Any, path: str) -> None:
    if not isinstance(value, list) or isinstance(value, _Pairs):
        raise Refused("It must be an Array followed with $or.")
    before = branches[:]
    branches.clear()
    for one in value:
        if not isinstance(one, _Pairs):
            raise Refused("Only JSON object is allowed in array of $or relationship.")
        forked = [dict(branch) for branch in before] or [{}]
        _object(forked, one, path, True)
        branches += forked
    if len(value) < 2:
        raise Refused("There must have at least 2 Objects in $or relationship.")


def _matcher(value: Any) -> Callable[[Value], bool] | None:
    if isinstance(value, _Pairs):
        if not value:
            raise Refused("Match expression name not found")
        if len(value) > 1:
            raise Refused("Only one key allowed in match expression")
        name, wanted = value[0]
        if name == "exists" and wanted is False:
            return None
        return matchers.named(name, _plain(wanted))
    if isinstance(value, list):
        raise Refused("Match value must be String, number, true, false, or null")
    return matchers.exact(value)


def _written(value: Any) -> str:
    """What tells one matcher from another: a number is the same however it is written."""
    if isinstance(value, Literal):
        held = matchers.number(value)
        return f"number {value if held is None else held}"
    if isinstance(value, _Pairs) and value and value[0][0] == "exactly":
        return json.dumps(value[0][1])
    return json.dumps(value)


def _plain(value: Any) -> Any:
    """An object of one member as a dictionary: matchers know no other."""
    if isinstance(value, _Pairs):
        if len(value) != 1:
            raise Refused("Only one key allowed in match expression")
        return {name: _plain(one) for name, one in value}
    return value


def fields(event: str) -> list[Field]:
    """The fields of an event, which is JSON."""
    found: list[Field] = []
    arrays = 0

    def walk(node: Any, path: str, within: dict[int, int]) -> None:
        nonlocal arrays
        if isinstance(node, dict):
            for name, value in node.items():
                walk(value, f"{path}.{name}" if path else name, within)
        elif isinstance(node, list):
            array, arrays = arrays, arrays + 1
            for index, value in enumerate(node):
                nested = isinstance(value, (dict, list))
                # Plain values of one array go together.
                walk(value, path, {**within, array: index} if nested else within)
        else:
            found.append((path, node, within))

    walk(json.loads(event, **_LITERALS), "", {})
    return found


def matches(branches: list[Branch], event: Iterable[Field]) -> bool:
    by_path: dict[str, list[Field]] = {}
    for field in event:
        by_path.setdefault(field[0], []).append(field)
    return any(_matches(branch, sorted(branch, key=_java), by_path, {}) for branch in branches)


def _matches(branch: Branch, paths: list[str], event: dict[str, list[Field]], within: dict[int, int]) -> bool:
    """Whether the fields at the paths match in elements that go together with those of within."""
    if not paths:
        return True
    path, *rest = paths
    there = [(value, membership) for _, value, membership in event.get(path, ()) if _together(within, membership)]
    if None in branch[path].values() and not there and _matches(branch, rest, event, within):
        return True
    # Two values in the same elements lead to the same question.
    asked: list[dict[int, int]] = []
    for value, membership in there:
        if any(wanted is not None and wanted(value) for wanted in branch[path].values()) and membership not in asked:
            asked.append(membership)
    return any(_matches(branch, rest, event, {**within, **membership}) for membership in asked)


def _together(within: dict[int, int], membership: dict[int, int]) -> bool:
    return all(within.get(array, index) == index for array, index in membership.items())


def _java(path: str) -> bytes:
    """The order in which Java sorts, and in which fields are looked at."""
    return path.encode("utf-16-be", "surrogatepass")


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


_LITERALS: dict[str, Any] = {"parse_int": Literal, "parse_float": Literal, "parse_constant": _no_constant}
