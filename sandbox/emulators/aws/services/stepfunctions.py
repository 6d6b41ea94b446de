"""Step Functions: machines as AWS checks them, and executions that run in moto's interpreter."""

# pyright: reportAttributeAccessIssue=false, reportArgumentType=false, reportReturnType=false

import time
import uuid
from datetime import UTC, datetime
from typing import Any

from moto.core.base_backend import BackendDict
from moto.core.common_types import TYPE_RESPONSE
from moto.stepfunctions import responses
from moto.stepfunctions.parser.api import ExecutionStatus
from moto.stepfunctions.parser.asl.eval.evaluation_details import ExecutionDetails
from moto.stepfunctions.parser.backend.execution import Execution
from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker
from moto.stepfunctions.parser.models import StepFunctionsParserBackend
from moto.stepfunctions.parser.utils import TMP_THREADS
from moto.stepfunctions.responses import StepFunctionResponse

from . import core, states_language
from .core import Error, Params, log
from .machine_structure import check_definition, diagnostics


class Worker(ExecutionWorker):
    """Runs an execution in a thread of its own."""

    def _execution_logic(self) -> None:
        try:
            super()._execution_logic()
        except Exception as error:  # a fault of the interpreter; at AWS every execution ends
            log.exception("states:StartExecution")
            self._execution_communication.execution.fail("States.Runtime", f"the sandbox failed: {error!r}")


class Run(Execution):
    """An execution. A snapshot stores what AWS returns of it."""

    _events: list[Params] | None = None

    def get_start_execution_details(self) -> ExecutionDetails:
        """AWS gives the time as text."""
        started = states_language.timestamp(self.start_date)
        return ExecutionDetails(self.exec_arn, self.name, self.role_arn, self.input_data, started)

    def _get_start_execution_worker(self) -> Worker:
        original = super()._get_start_execution_worker()
        return Worker(original._evaluation_details, original._execution_communication, None, {})

    def to_history_output(self) -> Params:
        return {"events": self._events} if self._events is not None else super().to_history_output()

    def fail(self, error: str, cause: str) -> None:
        self.stop_date = datetime.now(tz=UTC)
        self.exec_status, self.error, self.cause = ExecutionStatus.FAILED, error, cause

    def __getstate__(self) -> Params:
        stored = {**vars(self), "exec_worker": None, "_events": self.to_history_output()["events"]}
        if self.exec_status == ExecutionStatus.RUNNING:
            stored |= {"exec_status": ExecutionStatus.ABORTED, "stop_date": datetime.now(tz=UTC)}
        return stored


class Machines(StepFunctionsParserBackend):
    """The state of Step Functions in one account and region."""

    def start_execution(
        self,
        state_machine_arn: str,
        name: str | None = None,
        execution_input: str | None = None,
        trace_header: Any = None,
    ) -> Run:
        """AWS runs the current definition, requires a unique name, and generates a missing one."""
        machine = self.describe_state_machine(state_machine_arn)
        name, text = name or str(uuid.uuid4()), execution_input or "{}"
        self._validate_name(name)
        machine._validate_execution_input(text)
        earlier = machine._handle_name_input_idempotency(name, text)
        if earlier is not None:
            return earlier
        run = Run(
            name=name,
            sm_type=machine.sm_type,
            role_arn=machine.roleArn,
            exec_arn=f"arn:{self.partition}:states:{self.region_name}:{self.account_id}:execution:{machine.name}:{name}",
            account_id=self.account_id,
            region_name=self.region_name,
            state_machine=machine,
            start_date=datetime.now(tz=UTC),
            cloud_watch_logging_session=None,
            activity_store={},
            input_data=text,
            trace_header=trace_header,
        )
        machine.executions.append(run)
        run.start()
        return run


stepfunctions_backends = BackendDict(Machines, "stepfunctions")


class StepFunctions(core.Service):
    model = "stepfunctions"
    backends = stepfunctions_backends
    fallback = StepFunctionResponse

    def validate_state_machine_definition(self, params: Params) -> Params:
        """AWS returns the problems of the definition and checks no permission."""
        found = diagnostics(params["definition"])
        return {"result": "FAIL" if found else "OK", "diagnostics": found, "truncated": False}

    def create_state_machine(self, params: Params) -> TYPE_RESPONSE:
        """AWS validates the definition, and whether Step Functions can assume the role."""
        check_definition(params["definition"])
        self._check_role(params["roleArn"])
        return self.call_moto()

    def update_state_machine(self, params: Params) -> TYPE_RESPONSE:
        """AWS validates again, and reads an empty tracing configuration as disabled."""
        if "definition" in params:
            check_definition(params["definition"])
        if "roleArn" in params:
            self._check_role(params["roleArn"])
        if params.get("tracingConfiguration") == {}:
            self.state.describe_state_machine(params["stateMachineArn"]).update(tracingConfiguration={"enabled": False})
        return self.call_moto()

    def list_state_machine_versions(self, params: Params) -> Params:
        """AWS returns the published versions, newest first."""
        machine = self.state.describe_state_machine(params["stateMachineArn"])
        return {
            "stateMachineVersions": [
                {"stateMachineVersionArn": version.arn, "creationDate": version.creation_date}
                for version in reversed(list(machine.versions.values()))
            ]
        }

    def _check_role(self, role: str) -> None:
        if not core.is_service_trusted(self.current_account, self.partition, role, states_language.PRINCIPAL):
            raise Error(
                "AccessDeniedException",
                f"Neither the global service principal {states_language.PRINCIPAL}, nor the regional one is authorized "
                "to "
                "assume the provided role.",
            )


def wait_for_executions(seconds: float) -> None:
    """Waits for the running executions: they call services until they end."""
    until = time.monotonic() + seconds
    for thread in TMP_THREADS:
        thread.join(max(0.0, until - time.monotonic()))


def install() -> None:
    states_language.install()
    responses.get_backend = lambda account, region: stepfunctions_backends[account][region]
    core.extend_moto(StepFunctions)
