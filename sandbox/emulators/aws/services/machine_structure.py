"""The validation of a definition when Step Functions creates or updates a machine."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser

from .core import Error, Params
from .states_language import operation, pascal


def check_definition(definition: str) -> None:
    """AWS rejects a machine whose definition is not valid."""
    if found := diagnostics(definition):
        problems = ", ".join(f"{one['code']}: {one['message']} at {one['location']}" for one in found)
        raise Error("InvalidDefinition", f"Invalid State Machine Definition: '{problems}'")


def diagnostics(definition: str) -> list[Params]:
    """AWS checks every state: its grammar, its transitions, its reachability, and the parameters of an SDK call."""
    try:
        machine = json.loads(definition)
    except ValueError as error:
        return [_diagnostic("INVALID_JSON_DESCRIPTION", str(error), "/")]
    found = [*_check_machine(machine, "/"), *_check_unique_names(machine)]
    if not found:
        try:
            AmazonStateLanguageParser.parse(definition)
        except Exception as error:
            found = [_diagnostic("SCHEMA_VALIDATION_FAILED", str(error), "/")]
    return found


def _check_machine(machine: Params, location: str) -> Iterator[Params]:
    states: dict[str, Params] = machine.get("States", {})
    reached = [machine.get("StartAt")]
    if reached[0] not in states:
        yield _diagnostic("MISSING_TRANSITION_TARGET", f"Missing 'Next' target: {reached[0]}", f"{location}StartAt")
    for name, state in states.items():
        at = f"{location}States/{name}"
        for target in _targets(state):
            reached.append(target)
            if target not in states:
                yield _diagnostic("MISSING_TRANSITION_TARGET", f"Missing 'Next' target: {target}", at)
        yield from _check_error_handlers(state, at)
        yield from _check_sdk_call(state, at)
        for inner in _nested_machines(state):
            yield from _check_machine(inner, f"{at}/")
    for name in states.keys() - set(reached):
        yield _diagnostic("MISSING_TRANSITION_TARGET", f'State "{name}" is not reachable.', f"{location}States/{name}")


def _check_unique_names(machine: Params) -> Iterator[Params]:
    """AWS requires unique state names in the whole machine, its maps and branches included."""
    for name, times in Counter(_state_names(machine)).items():
        if times > 1:
            yield _diagnostic("DUPLICATE_STATE_NAME", f"Duplicate state name: {name}", "/")


def _state_names(machine: Params) -> Iterator[str]:
    for name, state in machine.get("States", {}).items():
        yield name
        for inner in _nested_machines(state):
            yield from _state_names(inner)


def _nested_machines(state: Params) -> list[Params]:
    return [*state.get("Branches", []), *(state[key] for key in ("Iterator", "ItemProcessor") if key in state)]


def _targets(state: Params) -> Iterator[Any]:
    yield from (state[key] for key in ("Next", "Default") if key in state)
    yield from (rule.get("Next") for rule in [*state.get("Choices", []), *state.get("Catch", [])])


def _check_error_handlers(state: Params, at: str) -> Iterator[Params]:
    """AWS requires States.ALL alone and last in Retry and in Catch."""
    for field in ("Retry", "Catch"):
        rules = [one["ErrorEquals"] for one in state.get(field, [])]
        for place, names in enumerate(rules, 1):
            if "States.ALL" in names and (len(names) > 1 or place < len(rules)):
                yield _diagnostic(
                    "SCHEMA_VALIDATION_FAILED",
                    "States.ALL must appear alone and at the end of the list",
                    f"{at}/{field}",
                )


def _check_sdk_call(state: Params, at: str) -> Iterator[Params]:
    """AWS checks the operation of an SDK call and its parameters, all in Pascal case."""
    resource = str(state.get("Resource", ""))
    if state.get("Type") != "Task" or ":::aws-sdk:" not in resource:
        return
    model = operation(resource)
    if model is None:
        yield _diagnostic(
            "SCHEMA_VALIDATION_FAILED", f"The resource provided {resource} is not recognized", f"{at}/Resource"
        )
        return
    shape = model.input_shape
    known = {pascal(name) for name in shape.members} if shape else set()
    sent = {key.removesuffix(".$") for key in state.get("Parameters", {})}
    for name in sorted(sent - known):
        yield _diagnostic(
            "SCHEMA_VALIDATION_FAILED", f'The field "{name}" is not supported by Step Functions', f"{at}/Parameters"
        )
    for name in sorted({pascal(name) for name in (shape.required_members if shape else ())} - sent):
        yield _diagnostic(
            "SCHEMA_VALIDATION_FAILED", f'The field "{name}" is required but was missing', f"{at}/Parameters"
        )


def _diagnostic(code: str, message: str, location: str) -> Params:
    return {"severity": "ERROR", "code": code, "message": message, "location": location}
