"""What one field of an event pattern may be: the matchers that EventBridge knows, as event-ruler has them."""

import functools
import ipaddress
import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

Value = Any  # of a field: a string, a Literal, a bool or None
Matcher = Callable[[Value], bool]

NAMES = ("exactly", "prefix", "suffix", "anything-but", "exists", "numeric", "cidr", "equals-ignore-case", "wildcard")
_IPV4 = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+")
_IPV6 = re.compile(r"[0-9a-fA-F:]*:[0-9a-fA-F:]*")


class Refused(Exception):
    """A pattern that EventBridge does not take, with its reason."""


class Literal(str):
    """A number as it is written."""


def exact(wanted: Value) -> Matcher:
    """A number is compared as a number, an address as an address, anything else as it is written."""
    if isinstance(wanted, Literal):
        held = number(wanted)
        return lambda value: (
            isinstance(value, Literal) and (value == wanted or (held is not None and number(value) == held))
        )
    if isinstance(wanted, str):
        address = _address(wanted)
        if address is not None:
            return lambda value: _is_string(value) and _address(value) == address
        return lambda value: _is_string(value) and value == wanted
    return lambda value: value is wanted


def named(name: str, wanted: Any) -> Matcher:
    """The matcher {name: wanted}, without {"exists": false}, which is no question about a value."""
    match name:
        case "exactly":
            text = _string(wanted, "exact match pattern must be a string")
            return lambda value: _is_string(value) and value == text
        case "prefix" | "suffix":
            return _end(name, wanted)
        case "equals-ignore-case":
            folded = _folded(_string(wanted, "equals-ignore-case match pattern must be a string"))
            return lambda value: _is_string(value) and bool(folded.fullmatch(value))
        case "wildcard":
            wild = _wild(wanted)
            return lambda value: _is_string(value) and bool(wild.fullmatch(value))
        case "numeric":
            return _numeric(wanted)
        case "anything-but":
            return _anything_but(wanted)
        case "cidr":
            return _cidr(_string(wanted, "prefix match pattern must be a string"))
        case "exists":
            if wanted is not True:
                raise Refused("exists match pattern must be either true or false.")
            return lambda _: True
    raise Refused(f"Unrecognized match type {name}")


def _end(name: str, wanted: Any) -> Matcher:
    if isinstance(wanted, dict):
        ((kind, text),) = wanted.items()
        if kind != "equals-ignore-case":
            raise Refused(f"Unsupported {name} pattern: {kind}")
        folded = _folded(_string(text, "equals-ignore-case match pattern must be a string"), name)
        return lambda value: _is_string(value) and bool(folded.fullmatch(value))
    end = _string(wanted, f"{name} match pattern must be a string")
    if name == "prefix":
        return lambda value: _is_string(value) and value.startswith(end)
    return lambda value: _is_string(value) and value.endswith(end)


def _anything_but(wanted: Any) -> Matcher:
    """A value of another type is something else too."""
    if isinstance(wanted, dict):
        ((kind, inner),) = wanted.items()
        if kind not in ("prefix", "suffix", "equals-ignore-case", "wildcard"):
            raise Refused(f"Unsupported anything-but pattern: {kind}")
        texts = inner if isinstance(inner, list) else [inner]
        if not texts:
            raise Refused(f"Inside anything-but/{kind} list, at least one value is needed")
        if kind in ("prefix", "suffix") and "" in texts:
            raise Refused("Null prefix/suffix not allowed")
        if any(isinstance(text, dict) for text in texts):
            raise Refused(f"{kind} match pattern must be a string")
        excluded = [named(kind, text) for text in texts]
    else:
        values = wanted if isinstance(wanted, list) else [wanted]
        if not values or not all(isinstance(value, str) for value in values):
            raise Refused("Inside anything but list, start|null|boolean is not supported.")
        if len({isinstance(value, Literal) for value in values}) > 1:
            raise Refused(
                "Inside anything but list, either all values are number or string, mixed type is not supported"
            )
        # Addresses are not looked for here.
        excluded = [_comparable(v) if isinstance(v, Literal) else named("exactly", v) for v in values]
    return lambda value: not any(one(value) for one in excluded)


def _comparable(wanted: Literal) -> Matcher:
    bound = _bound(wanted)
    return lambda value: isinstance(value, Literal) and number(value) == bound


def _numeric(wanted: Any) -> Matcher:
    if not isinstance(wanted, list):
        raise Refused("Value of numeric must be an array.")
    match wanted:
        case [("=" | "<" | "<=" | ">" | ">=") as sign, bound]:
            pairs = [(sign, bound)]
        case [(">" | ">=") as low, bottom, ("<" | "<=") as high, top]:
            pairs = [(low, bottom), (high, top)]
            if _bound(bottom) >= _bound(top):
                raise Refused("Bottom must be less than top")
        case _:
            raise Refused("Bad numeric range expression")
    limits = [(sign, _bound(bound)) for sign, bound in pairs]

    def within(value: Value) -> bool:
        held = number(value) if isinstance(value, Literal) else None
        return held is not None and all(_SIGNS[sign](held, limit) for sign, limit in limits)

    return within


_SIGNS: dict[str, Callable[[float, float], bool]] = {
    "=": lambda held, limit: held == limit,
    "<": lambda held, limit: held < limit,
    "<=": lambda held, limit: held <= limit,
    ">": lambda held, limit: held > limit,
    ">=": lambda held, limit: held >= limit,
}


def _cidr(text: str) -> Matcher:
    address, slash, bits = text.partition("/")
    if not slash or not re.fullmatch(r"[0-9]+", bits) or _address(address) is None:
        raise Refused(f"Malformed CIDR: {text}")
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise Refused(f"Malformed CIDR: {text}") from None
    if network.prefixlen == network.max_prefixlen:
        raise Refused(f"IPv{network.version} mask bits must be < {network.max_prefixlen}")
    return lambda value: _is_string(value) and (_address(value) or _NOWHERE) in network


_NOWHERE = ipaddress.IPv6Address(0)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    if not _IPV4.fullmatch(text) and not _IPV6.fullmatch(text):
        return None
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _wild(wanted: Any) -> re.Pattern[str]:
    text = _string(wanted, "wildcard match pattern must be a string")
    expression = []
    rest = iter(range(len(text)))
    for at in rest:
        two = text[at : at + 2]
        if two == "**":
            raise Refused(f"Consecutive wildcard characters at pos {at + 1}")
        if text[at] == "*":
            expression.append(".*")
        elif text[at] != "\\":
            expression.append(re.escape(text[at]))
        elif two in (r"\*", r"\\"):
            expression.append(re.escape(two[1]))
            next(rest)
        else:
            raise Refused(f"Invalid escape character at pos {at + 1}")
    return re.compile("".join(expression), re.DOTALL)


def _folded(text: str, end: str = "") -> re.Pattern[str]:
    """Either case of each character, as Java has it for one at a time: ß is ß or SS."""
    cases = ({one.lower(), one.upper()} if ord(one) <= 0xFFFF else {one} for one in text)
    expression = "".join(f"(?:{'|'.join(map(re.escape, sorted(both)))})" for both in cases)
    before, after = {"prefix": ("", ".*"), "suffix": (".*", "")}.get(end, ("", ""))
    return re.compile(before + expression + after, re.DOTALL)


def _bound(value: Any) -> float:
    if not isinstance(value, Literal):
        raise Refused("Value of a numeric comparison must be numeric")
    held = number(value)
    if held is None:
        raise Refused(f"Cannot compare number : {value}")
    return held


@functools.lru_cache(maxsize=4096)
def number(text: str) -> float | None:
    """A number that a double holds exactly; any other is compared as it is written."""
    try:
        held = float(text)
        return held if Decimal(repr(held)) == Decimal(text) else None
    except (ValueError, InvalidOperation, OverflowError):
        return None


def _is_string(value: Value) -> bool:
    return isinstance(value, str) and not isinstance(value, Literal)


def _string(value: Any, otherwise: str) -> str:
    if not _is_string(value):
        raise Refused(otherwise)
    text: str = value
    return text
