"""EventBridge Pipes: AWS's defaults, UpdatePipe, and the trust of the role. Pipes do not run."""

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
    fallback = EventBridgePipesResponse

    def create_pipe(self, params: Params) -> TYPE_RESPONSE:
        """AWS requires an unused name, and a role that Pipes can assume."""
        if params["Name"] in self.state.pipes:
            raise Error("ConflictException", f"Pipe {params['Name']} already exists.")
        self._check_trust(params["RoleArn"])
        return self.call_moto()

    def describe_pipe(self, params: Params) -> Params:
        """AWS returns the parameters of a queue with their defaults."""
        pipe = self._pipe(params["Name"])
        pipe.advance()
        response = {
            "Description": pipe.description,
            "Source": pipe.source,
            "SourceParameters": _source_parameters(pipe),
            "Enrichment": pipe.enrichment,
            "EnrichmentParameters": pipe.enrichment_parameters,
            "Target": pipe.target,
            "TargetParameters": pipe.target_parameters,
            "RoleArn": pipe.role_arn,
            "Tags": pipe.tags,
            "LogConfiguration": pipe.log_configuration,
            "KmsKeyIdentifier": pipe.kms_key_identifier,
        }
        return _summary(pipe) | {name: value for name, value in response.items() if value is not None}

    def update_pipe(self, params: Params) -> Params:
        """AWS changes the members that are sent, and never the source."""
        pipe = self._pipe(params["Name"])
        self._check_trust(params["RoleArn"])
        pipe.role_arn = params["RoleArn"]
        for name, attribute in (
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
                setattr(pipe, attribute, params[name])
        pipe.status = pipe.desired_state
        pipe.last_modified_time = utcnow()
        return _summary(pipe)

    def _pipe(self, name: str) -> Pipe:
        pipe: Pipe | None = self.state.pipes.get(name)
        if pipe is None:
            raise Error("NotFoundException", f"Pipe {name} does not exist.")
        return pipe

    def _check_trust(self, role: str) -> None:
        if not core.is_service_trusted(self.current_account, self.partition, role, "pipes.amazonaws.com"):
            raise Error("ValidationException", f"The role {role} cannot be assumed by pipes.amazonaws.com.")


def _summary(pipe: Pipe) -> Params:
    return {
        "Arn": pipe.arn,
        "Name": pipe.name,
        "DesiredState": pipe.desired_state,
        "CurrentState": pipe.current_state,
        "CreationTime": pipe.creation_time,
        "LastModifiedTime": pipe.last_modified_time,
    }


def _source_parameters(pipe: Pipe) -> Params | None:
    parameters: Params | None = pipe.source_parameters
    if ":sqs:" not in pipe.source:
        return parameters
    sent = (parameters or {}).get("SqsQueueParameters", {})
    queue = {"BatchSize": _BATCH_SIZE, "MaximumBatchingWindowInSeconds": _BATCHING_WINDOW} | sent
    return (parameters or {}) | {"SqsQueueParameters": queue}


def install() -> None:
    core.extend_moto(Pipes)
