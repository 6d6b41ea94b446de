"""EventBridge Pipes: AWS's defaults, UpdatePipe, and the trust of the role. Nothing is carried through a pipe."""

from moto.core.common_types import TYPE_RESPONSE
from moto.core.utils import utcnow
from moto.pipes.models import Pipe, pipes_backends
from moto.pipes.responses import EventBridgePipesResponse

from . import core
from .core import Error, Params

# Amazon EventBridge Pipes API, PipeSourceSqsQueueParameters.
_BATCH_SIZE, _BATCHING_WINDOW = 10, 0


class Pipes(core.Service):
    model = "pipes"
    backends = pipes_backends
    stock = EventBridgePipesResponse

    def create_pipe(self, params: Params) -> TYPE_RESPONSE:
        """AWS wants a name that is free, and a role that it can take on."""
        if params["Name"] in self.state.pipes:
            raise Error("ConflictException", f"Pipe {params['Name']} already exists.")
        self._trusted(params["RoleArn"])
        return self.moto()

    def describe_pipe(self, params: Params) -> Params:
        """AWS answers the parameters of a queue as it reads it, whatever was sent."""
        pipe = self._pipe(params["Name"])
        pipe.advance()
        answer = {
            "Description": pipe.description,
            "Source": pipe.source,
            "SourceParameters": _as_read(pipe),
            "Enrichment": pipe.enrichment,
            "EnrichmentParameters": pipe.enrichment_parameters,
            "Target": pipe.target,
            "TargetParameters": pipe.target_parameters,
            "RoleArn": pipe.role_arn,
            "Tags": pipe.tags,
            "LogConfiguration": pipe.log_configuration,
            "KmsKeyIdentifier": pipe.kms_key_identifier,
        }
        return _short(pipe) | {name: value for name, value in answer.items() if value is not None}

    def update_pipe(self, params: Params) -> Params:
        """AWS leaves alone what is not sent, and never changes the source."""
        pipe = self._pipe(params["Name"])
        self._trusted(params["RoleArn"])
        pipe.role_arn = params["RoleArn"]
        for name, kept in (
            ("Description", "description"),
            ("DesiredState", "desired_state"),
            ("SourceParameters", "source_parameters"),
            ("Enrichment", "enrichment"),
            ("EnrichmentParameters", "enrichment_parameters"),
            ("Target", "target"),
            ("TargetParameters", "target_parameters"),
            ("LogConfiguration", "log_configuration"),
            ("KmsKeyIdentifier", "kms_key_identifier"),
        ):
            if name in params:
                setattr(pipe, kept, params[name])
        pipe.status = pipe.desired_state
        pipe.last_modified_time = utcnow()
        return _short(pipe)

    def _pipe(self, name: str) -> Pipe:
        pipe: Pipe | None = self.state.pipes.get(name)
        if pipe is None:
            raise Error("NotFoundException", f"Pipe {name} does not exist.")
        return pipe

    def _trusted(self, role: str) -> None:
        if not core.service_trusted(self.current_account, self.partition, role, "pipes.amazonaws.com"):
            raise Error("ValidationException", f"The role {role} cannot be assumed by pipes.amazonaws.com.")


def _short(pipe: Pipe) -> Params:
    return {
        "Arn": pipe.arn,
        "Name": pipe.name,
        "DesiredState": pipe.desired_state,
        "CurrentState": pipe.current_state,
        "CreationTime": pipe.creation_time,
        "LastModifiedTime": pipe.last_modified_time,
    }


def _as_read(pipe: Pipe) -> Params | None:
    parameters: Params | None = pipe.source_parameters
    if ":sqs:" not in pipe.source:
        return parameters
    sent = (parameters or {}).get("SqsQueueParameters", {})
    queue = {"BatchSize": _BATCH_SIZE, "MaximumBatchingWindowInSeconds": _BATCHING_WINDOW} | sent
    return (parameters or {}) | {"SqsQueueParameters": queue}


def install() -> None:
    core.serve_over(Pipes)
