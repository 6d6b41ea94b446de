"""What Step Functions finds wrong in a definition before it makes a machine of it."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser

from .core import Error, Params
from .states_language import operation, pascal


def check_definition(definition: str) -> None:
    """AWS refuses a machine whose definition it finds something wrong in."""
    if found := diagnostics(definition):
        problems = ", ".join(f"{one['code']}: {one['message']} at {one['location']}" for one in found)
        raise Error("InvalidDefinition", f"Invalid State Machine Definition: '{problems}'")


def diagnostics(definition: str) -> list[Params]:
    """AWS looks into every state: its grammar, where it goes, who goes to it, and what an SDK integration sends."""
    try:
        machine = json.loads(definition)
    except ValueError as error:
        return [_wrong("INVALID_JSON_DESCRIPTION", str(error), "/")]
    found = [*_machine(machine, "/"), *_twice(machine)]
    if not found:
        try:
            AmazonStateLanguageParser.parse(definition)
        except Exception as error:
            found = [_wrong("SCHEMA_VALIDATION_FAILED", str(error), "/")]
    return found


def _machine(machine: Params, location: str) -> Iterator[Params]:
    states: dict[str, Params] = machine.get("States", {})
    reached = [machine.get("StartAt")]
    if reached[0] not in states:
        yield _wrong("MISSING_TRANSITION_TARGET", f"Missing 'Next' target: {reached[0]}", f"{location}StartAt")
    for name, state in states.items():
        at = f"{location}States/{name}"
        for target in _targets(state):
            reached.append(target)
            if target not in states:
                yield _wrong("MISSING_TRANSITION_TARGET", f"Missing 'Next' target: {target}", at)
        yield from _errors(state, at)
        yield from _call(state, at)
        for inner in _inner(state):
            yield from _machine(inner, f"{at}/")
    for name in states.keys() - set(reached):
        yield _wrong("MISSING_TRANSITION_TARGET", f'State "{name}" is not reachable.', f"{location}States/{name}")


def _twice(machine: Params) -> Iterator[Params]:
    """AWS wants a name once in the whole machine, what is in its maps and branches too."""
    for name, times in Counter(_names(machine)).items():
        if times > 1:
            yield _wrong("DUPLICATE_STATE_NAME", f"Duplicate state name: {name}", "/")


def _names(machine: Params) -> Iterator[str]:
    for name, state in machine.get("States", {}).items():
        yield name
        for inner in _inner(state):
            yield from _names(inner)


def _inner(state: Params) -> list[Params]:
    return [*state.get("Branches", []), *(state[key] for key in ("Iterator", "ItemProcessor") if key in state)]


def _targets(state: Params) -> Iterator[Any]:
    yield from (state[key] for key in ("Next", "Default") if key in state)
    yield from (rule.get("Next") for rule in [*state.get("Choices", []), *state.get("Catch", [])])


def _errors(state: Params, at: str) -> Iterator[Params]:
    """AWS wants States.ALL alone and last in Retry and in Catch."""
    for field in ("Retry", "Catch"):
        rules = [one["ErrorEquals"] for one in state.get(field, [])]
        for place, names in enumerate(rules, 1):
            if "States.ALL" in names and (len(names) > 1 or place < len(rules)):
                yield _wrong(
                    "SCHEMA_VALIDATION_FAILED",
                    "States.ALL must appear alone and at the end of the list",
                    f"{at}/{field}",
                )


def _call(state: Params, at: str) -> Iterator[Params]:
    """AWS knows the operations of its SDK and their parameters, all in Pascal case."""
    resource = str(state.get("Resource", ""))
    if state.get("Type") != "Task" or ":::aws-sdk:" not in resource:
        return
    called = operation(resource)
    if called is None:
        yield _wrong(
            "SCHEMA_VALIDATION_FAILED", f"The resource provided {resource} is not recognized", f"{at}/Resource"
        )
        return
    shape = called.input_shape
    known = {pascal(name) for name in shape.members} if shape else set()
    sent = {key.removesuffix(".$") for key in state.get("Parameters", {})}
    for name in sorted(sent - known):
        yield _wrong(
            "SCHEMA_VALIDATION_FAILED", f'The field "{name}" is not supported by Step Functions', f"{at}/Parameters"
        )
    for name in sorted({pascal(name) for name in (shape.required_members if shape else ())} - sent):
        yield _wrong("SCHEMA_VALIDATION_FAILED", f'The field "{name}" is required but was missing', f"{at}/Parameters")


def _wrong(code: str, message: str, location: str) -> Params:
    return {"severity": "ERROR", "code": code, "message": message, "location": location}
