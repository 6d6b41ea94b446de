"""The evaluation of a resource policy.

A statement whose conditions cannot be evaluated here (an operator that is not in this
file, a key that the request neither has nor declares absent) does not apply, whatever its effect.
"""

import fnmatch
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from .core import as_list


def like(pattern: str, value: str) -> bool:
    # IAM has only the wildcards * and ?; a bracket is literal.
    return fnmatch.fnmatchcase(value, pattern.replace("[", "[[]"))


_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "stringequals": lambda wanted, value: wanted == value,
    "stringequalsignorecase": lambda wanted, value: wanted.lower() == value.lower(),
    "stringlike": like,
    "arnequals": like,
    "arnlike": like,
    "bool": lambda wanted, value: wanted.lower() == value.lower(),
    "numericequals": lambda wanted, value: float(value) == float(wanted),
    "numericlessthan": lambda wanted, value: float(value) < float(wanted),
    "numericlessthanequals": lambda wanted, value: float(value) <= float(wanted),
    "numericgreaterthan": lambda wanted, value: float(value) > float(wanted),
    "numericgreaterthanequals": lambda wanted, value: float(value) >= float(wanted),
}
_NEGATED = {
    "stringnotequals": "stringequals",
    "stringnotequalsignorecase": "stringequalsignorecase",
    "stringnotlike": "stringlike",
    "arnnotequals": "arnequals",
    "arnnotlike": "arnlike",
    "numericnotequals": "numericequals",
}


class _Undecided(Exception):
    """A condition that cannot be evaluated here."""


@dataclass(frozen=True)
class Request:
    """A request to evaluate. Context keys are in lower case; keys in absent are known to be missing."""

    action: str
    resource: str
    is_principal: Callable[[Any], bool]
    context: Mapping[str, str]
    absent: Collection[str]


def verdict(policy: str | None, request: Request) -> bool | None:
    """AWS denies when a Deny statement applies, and allows when an Allow does; None if no statement applies."""
    result = None
    for statement in as_list(json.loads(policy)["Statement"]) if policy else ():
        if not _applies(statement, request):
            continue
        if statement["Effect"] == "Deny":
            return False
        result = True
    return result


def _applies(statement: dict[str, Any], request: Request) -> bool:
    def listed(key: str, value: str, match: Callable[[str, str], bool]) -> bool:
        if f"Not{key}" in statement:
            return not any(match(pattern, value) for pattern in as_list(statement[f"Not{key}"]))
        return any(match(pattern, value) for pattern in as_list(statement[key]))

    if not listed("Action", request.action.lower(), lambda pattern, value: like(pattern.lower(), value)):
        return False
    if not listed("Resource", request.resource, like):
        return False
    if "NotPrincipal" in statement:
        if request.is_principal(statement["NotPrincipal"]):
            return False
    elif not request.is_principal(statement["Principal"]):
        return False
    try:
        return all(
            _is_met(operator.lower(), key.lower(), as_list(wanted), request)
            for operator, keys in statement.get("Condition", {}).items()
            for key, wanted in keys.items()
        )
    except _Undecided:
        return False


def _is_met(operator: str, key: str, wanted: list[Any], request: Request) -> bool:
    if key not in request.context and key not in request.absent:
        raise _Undecided(key)
    value = request.context.get(key)
    # JSON policies may have true and 10 instead of "true" and "10".
    texts = [json.dumps(w) if isinstance(w, bool) else str(w) for w in wanted]
    if operator == "null":
        return (value is None) == (texts[0].lower() == "true")
    if_exists = operator.endswith("ifexists")
    operator = operator.removesuffix("ifexists")
    negated = operator in _NEGATED
    matches = _OPERATORS.get(_NEGATED.get(operator, operator))
    if matches is None:
        raise _Undecided(operator)
    if value is None:
        # A negated operator is met by a missing key, with or without IfExists.
        return negated or if_exists
    return any(matches(text, value) for text in texts) != negated
