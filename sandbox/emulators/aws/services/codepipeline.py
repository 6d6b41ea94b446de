"""CodePipeline: pipelines as AWS validates, stores and returns them."""

import copy
from collections.abc import Iterator
from datetime import datetime

from moto.core.base_backend import BackendDict
from moto.core.utils import utcnow
from moto.utilities.utils import get_partition

from . import core
from .core import Error, Params
from .pipeline_executions import Execution, Executions
from .pipeline_structure import check_structure


class State(core.State):
    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.pipelines: dict[str, Params] = {}
        self.created: dict[str, datetime] = {}
        self.updated: dict[str, datetime] = {}
        self.tags: dict[str, dict[str, str]] = {}
        self.executions: dict[str, list[Execution]] = {}
        # Disabled transitions, by pipeline, then by stage and direction.
        self.disabled_transitions: dict[str, dict[tuple[str, str], Params]] = {}


codepipeline_backends = BackendDict(State, "codepipeline")


class CodePipeline(Executions, core.Service):
    model = "codepipeline"
    backends = codepipeline_backends
    state: State

    def create_pipeline(self, params: Params) -> Params:
        """AWS returns the pipeline with its defaults, as version 1, and starts it. A name is unique."""
        pipeline = params["pipeline"]
        name = pipeline["name"]
        if name in self.state.pipelines:
            raise Error(
                "PipelineNameInUseException",
                f"A pipeline with the name '{name}' already exists in account '{self.current_account}'",
            )
        self._check_tags(params.get("tags", []))
        self._store(pipeline, 1)
        self.state.created[name] = self.state.updated[name]
        self.state.tags[name] = {tag["key"]: tag["value"] for tag in params.get("tags", [])}
        defaults = {v["name"]: v.get("defaultValue", "") for v in pipeline.get("variables", [])}
        self.start(pipeline, "CreatePipeline", defaults, {})
        return {"pipeline": pipeline, "tags": params.get("tags", [])}

    def update_pipeline(self, params: Params) -> Params:
        """AWS replaces the whole structure and raises the version by one."""
        pipeline = params["pipeline"]
        self._store(pipeline, self._pipeline(pipeline["name"])["version"] + 1)
        return {"pipeline": pipeline}

    def get_pipeline(self, params: Params) -> Params:
        """AWS returns structure and metadata separately. Older versions are not stored here."""
        pipeline = self._pipeline(params["name"])
        if params.get("version", pipeline["version"]) != pipeline["version"]:
            raise Error(
                "PipelineVersionNotFoundException",
                f"Version '{params['version']}' of pipeline '{params['name']}' could not be found",
            )
        return {
            "pipeline": pipeline,
            "metadata": {
                "pipelineArn": self.arn(params["name"]),
                "created": self.state.created[params["name"]],
                "updated": self.state.updated[params["name"]],
            },
        }

    def list_pipelines(self, params: Params) -> Params:
        """AWS returns a summary, sorted by name."""
        return {
            "pipelines": [
                {
                    "name": name,
                    "version": pipeline["version"],
                    "pipelineType": pipeline["pipelineType"],
                    "executionMode": pipeline["executionMode"],
                    "created": self.state.created[name],
                    "updated": self.state.updated[name],
                }
                for name, pipeline in sorted(self.state.pipelines.items())
            ]
        }

    def delete_pipeline(self, params: Params) -> None:
        """AWS accepts the name of a pipeline that does not exist."""
        state = self.state
        for stored in (
            state.pipelines,
            state.created,
            state.updated,
            state.tags,
            state.executions,
            state.disabled_transitions,
        ):
            stored.pop(params["name"], None)

    def list_tags_for_resource(self, params: Params) -> Params:
        """AWS sorts by key."""
        return {"tags": [{"key": k, "value": v} for k, v in sorted(self._tags(params["resourceArn"]).items())]}

    def tag_resource(self, params: Params) -> None:
        """AWS adds to the tags, replacing the values of keys that exist."""
        self._check_tags(params["tags"])
        self._tags(params["resourceArn"]).update({tag["key"]: tag["value"] for tag in params["tags"]})

    def untag_resource(self, params: Params) -> None:
        """AWS accepts keys that do not exist."""
        for key in params["tagKeys"]:
            self._tags(params["resourceArn"]).pop(key, None)

    def _store(self, pipeline: Params, version: int) -> None:
        """Stores a pipeline with AWS's defaults, after AWS's own checks."""
        pipeline.setdefault("pipelineType", "V1")
        pipeline.setdefault("executionMode", "SUPERSEDED")
        pipeline["version"] = version
        for action in _actions(pipeline):
            for key, default in (
                ("runOrder", 1),
                ("configuration", {}),
                ("inputArtifacts", []),
                ("outputArtifacts", []),
            ):
                action.setdefault(key, copy.copy(default))
        check_structure(pipeline)
        for role in {pipeline["roleArn"], *(a["roleArn"] for a in _actions(pipeline) if "roleArn" in a)}:
            self._check_role(role, is_service_role=role == pipeline["roleArn"])
        self.state.pipelines[pipeline["name"]] = pipeline
        self.state.updated[pipeline["name"]] = utcnow()

    def _check_role(self, role: str, is_service_role: bool) -> None:
        # The role of an action trusts the pipeline's role, not the service.
        if is_service_role and not core.is_service_trusted(
            self.current_account, self.partition, role, "codepipeline.amazonaws.com"
        ):
            raise Error(
                "InvalidStructureException", f"CodePipeline is not authorized to perform AssumeRole on role {role}"
            )

    def _check_tags(self, tags: list[Params]) -> None:
        if any(tag["key"].startswith("aws:") for tag in tags):
            raise Error("InvalidTagsException", "Not allowed to modify system tags. System tags start with 'aws:'.")
        if len(tags) > 50:
            raise Error("TooManyTagsException", "Tag limit exceeded for resource.")

    def _pipeline(self, name: str) -> Params:
        if name not in self.state.pipelines:
            raise Error(
                "PipelineNotFoundException",
                f"Account '{self.current_account}' does not have a pipeline with name '{name}'",
            )
        return self.state.pipelines[name]

    def _tags(self, arn: str) -> dict[str, str]:
        name = arn.rpartition(":")[2]
        if name not in self.state.tags:
            raise Error(
                "ResourceNotFoundException",
                f"The account with id '{self.current_account}' does not include a pipeline with the name '{name}'",
            )
        return self.state.tags[name]


def start_for_rule(arn: str, rule: str, parameters: Params) -> bool:
    """Starts a pipeline that is the target of a rule; false if the pipeline does not exist."""
    service = CodePipeline()
    _, _, _, service.region, service.current_account, name = arn.split(":", 5)
    service.partition = get_partition(service.region)
    if name not in service.state.pipelines:
        return False
    accepted = {key: parameters[key] for key in ("sourceRevisions", "variables") if key in parameters}
    service.start_request({"name": name} | accepted, "CloudWatchEvent", rule)
    return True


def _actions(pipeline: Params) -> Iterator[Params]:
    for stage in pipeline["stages"]:
        yield from stage["actions"]


def install() -> None:
    core.serve(CodePipeline, "codepipeline")
