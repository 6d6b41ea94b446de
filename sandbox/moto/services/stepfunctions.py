"""Step Functions: the check of a definition that comes before a state machine is made."""

import json
from collections.abc import Iterator

from moto.core.common_types import TYPE_RESPONSE
from moto.stepfunctions.models import stepfunctions_backends
from moto.stepfunctions.responses import StepFunctionResponse

from . import core
from .core import Params


class StepFunctions(core.Service):
    model = "stepfunctions"
    backends = stepfunctions_backends
    stock = StepFunctionResponse

    def validate_state_machine_definition(self, params: Params) -> Params:
        """AWS looks into every state; here only into JSON, start and transitions."""
        try:
            diagnostics = list(_diagnostics(json.loads(params["definition"]), "/"))
        except ValueError as error:
            diagnostics = [{"severity": "ERROR", "code": "INVALID_JSON_DESCRIPTION", "message": str(error)}]
        return {"result": "FAIL" if diagnostics else "OK", "diagnostics": diagnostics, "truncated": False}

    def update_state_machine(self, params: Params) -> TYPE_RESPONSE:
        """AWS takes an empty tracing configuration for disabled."""
        if params.get("tracingConfiguration") == {}:
            self.state.describe_state_machine(params["stateMachineArn"]).update(tracingConfiguration={"enabled": False})
        return self.moto()

    def list_state_machine_versions(self, params: Params) -> Params:
        """AWS answers the versions that were published, the newest first."""
        machine = self.state.describe_state_machine(params["stateMachineArn"])
        return {
            "stateMachineVersions": [
                {"stateMachineVersionArn": version.arn, "creationDate": version.creation_date}
                for version in reversed(list(machine.versions.values()))
            ]
        }


def _diagnostics(machine: Params, location: str) -> Iterator[Params]:
    states = machine.get("States", {})
    targets = [("StartAt", machine.get("StartAt"))]
    for name, state in states.items():
        targets += [(f"States/{name}/{key}", state[key]) for key in ("Next", "Default") if key in state]
        choices = [*state.get("Choices", []), *state.get("Catch", [])]
        targets += [(f"States/{name}", choice.get("Next")) for choice in choices]
        below = state.get("Branches", []) + [state[key] for key in ("Iterator", "ItemProcessor") if key in state]
        for inner in below:
            yield from _diagnostics(inner, f"{location}States/{name}/")
    for where, target in targets:
        if target not in states:
            yield {
                "severity": "ERROR",
                "code": "MISSING_TRANSITION_TARGET",
                "message": f"Missing 'Next' target: {target}",
                "location": f"{location}{where}",
            }


def install() -> None:
    core.serve_over(StepFunctions)
