"""The executions of a pipeline: stages, transitions, approvals, stops and retries.

Actions do nothing and succeed at once, with these exceptions: a manual approval waits for its
result, a source fails while its connection is not AVAILABLE or its CodeCommit branch is missing,
and a CodeBuild action fails when its project does not exist. Conditions of stages count as met.
"""

import hashlib
import json
import re
import threading
import uuid
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from moto.core.utils import iso_8601_datetime_without_milliseconds, utcnow
from moto.events.models import events_backends
from moto.sns.models import sns_backends

from .codebuild import codebuild_backends
from .codecommit import codecommit_backends
from .connections import connections_backends
from .core import Error, Params, log

_MAX_QUEUED = 50
_RUNNING = ("InProgress", "Stopping")
# Rules start executions while other requests read them.
_advance_lock = threading.RLock()


@dataclass
class ActionRun:
    """One attempt of an action."""

    stage: str
    action: Params
    configuration: dict[str, str]
    key: str = field(default_factory=lambda: str(uuid.uuid4()))
    status: str = "InProgress"
    started: datetime = field(default_factory=utcnow)
    updated: datetime = field(default_factory=utcnow)
    summary: str | None = None
    token: str | None = None
    revision: str | None = None
    error: Params | None = None
    outputs: dict[str, str] = field(default_factory=dict)
    # A later attempt replaces this one.
    is_replaced: bool = False

    def end(self, status: str, **changes: Any) -> None:
        vars(self).update(changes, status=status, updated=utcnow())

    @property
    def response(self) -> Params:
        return {
            "actionExecutionId": self.key,
            "status": self.status,
            "summary": self.summary,
            "lastStatusChange": self.updated,
            "token": self.token if self.status == "InProgress" else None,
            "errorDetails": self.error,
        }


@dataclass
class Execution:
    """One execution of the pipeline as it was at the start."""

    pipeline: Params
    trigger: Params
    variables: dict[str, str]
    revisions: dict[str, str]
    key: str = field(default_factory=lambda: str(uuid.uuid4()))
    status: str = "InProgress"
    started: datetime = field(default_factory=utcnow)
    updated: datetime = field(default_factory=utcnow)
    # The stage that the execution is in or waits for, and which of the two.
    stage: int = 0
    has_entered: bool = False
    stages: dict[str, str] = field(default_factory=dict)
    runs: list[ActionRun] = field(default_factory=list)
    retried: set[str] = field(default_factory=set)
    stop_reason: str | None = None
    # For a rollback: the execution whose artifacts one stage deploys again.
    target: str | None = None

    @property
    def current_stage(self) -> Params:
        stage: Params = self.pipeline["stages"][self.stage]
        return stage

    @property
    def is_waiting(self) -> bool:
        return self.status in _RUNNING and not self.has_entered

    @property
    def kind(self) -> str:
        return "ROLLBACK" if self.target else "STANDARD"

    def current_runs(self, stage: str) -> dict[str, ActionRun]:
        return {run.action["name"]: run for run in self.runs if run.stage == stage and not run.is_replaced}

    @property
    def response(self) -> Params:
        return {
            "pipelineExecutionId": self.key,
            "status": self.status,
            "startTime": self.started,
            "lastUpdateTime": self.updated,
            "trigger": self.trigger,
            "executionMode": self.pipeline["executionMode"],
            "executionType": self.kind,
            "rollbackMetadata": {"rollbackTargetPipelineExecutionId": self.target} if self.target else None,
            "stopTrigger": {"reason": self.stop_reason} if self.stop_reason else None,
            "sourceRevisions": [
                {"actionName": run.action["name"], "revisionId": run.revision} for run in self.runs if run.revision
            ],
        }


class Executions:
    """The operations of CodePipeline on executions."""

    state: Any
    current_account: str
    region: str
    caller: str
    _pipeline: Any
    arn: Any

    def start_pipeline_execution(self, params: Params) -> Params:
        """AWS accepts values only for declared variables, and revisions only for source actions."""
        return {"pipelineExecutionId": self.start_request(params, "StartPipelineExecution").key}

    def start_request(self, params: Params, trigger: str, detail: str | None = None) -> Execution:
        pipeline = self._pipeline(params["name"])
        values = {v["name"]: v["value"] for v in params.get("variables", [])}
        declared = {v["name"]: v.get("defaultValue") for v in pipeline.get("variables", [])}
        revisions = {r["actionName"]: r["revisionValue"] for r in params.get("sourceRevisions", [])}
        sources = {action["name"] for action in pipeline["stages"][0]["actions"]}
        if unknown := values.keys() - declared.keys():
            raise Error("ValidationException", f"Pipeline variables are not declared: {', '.join(sorted(unknown))}")
        if unknown := revisions.keys() - sources:
            raise Error("ValidationException", f"Not source actions: {', '.join(sorted(unknown))}")
        if missing := [name for name, value in (declared | values).items() if value is None]:
            raise Error("ValidationException", f"Pipeline variables need a value: {', '.join(missing)}")
        return self.start(pipeline, trigger, declared | values, revisions, detail)

    def start(
        self,
        pipeline: Params,
        trigger: str,
        variables: dict[str, str],
        revisions: dict[str, str],
        detail: str | None = None,
    ) -> Execution:
        executions = self._executions(pipeline["name"])
        if pipeline["executionMode"] == "QUEUED" and sum(e.status in _RUNNING for e in executions) >= _MAX_QUEUED:
            raise Error(
                "ConcurrentPipelineExecutionsLimitExceededException",
                f"Pipeline {pipeline['name']} has reached the limit of {_MAX_QUEUED} executions",
            )
        cause = {"triggerType": trigger, "triggerDetail": self.caller if detail is None else detail}
        execution = Execution(deepcopy(pipeline), cause, variables, revisions)
        executions.append(execution)
        self._put_event(execution, "Pipeline", "STARTED")
        self._advance(pipeline["name"])
        return execution

    def stop_pipeline_execution(self, params: Params) -> Params:
        """AWS waits for the actions in progress, or abandons them."""
        name = params["pipelineName"]
        execution = self._execution(name, params["pipelineExecutionId"])
        if execution.status == "Stopping" and not params.get("abandon"):
            raise Error("DuplicatedStopRequestException", "The execution is stopping already")
        if execution.status not in _RUNNING:
            raise Error("PipelineExecutionNotStoppableException", f"The execution is {execution.status}")
        execution.stop_reason = params.get("reason")
        execution.status = "Stopping"
        if params.get("abandon"):
            for run in execution.runs:
                if run.status == "InProgress":
                    run.end("Abandoned")
                    execution.stages[run.stage] = "Stopped"
            self._end(execution, "Stopped")
        self._advance(name)
        return {"pipelineExecutionId": execution.key}

    def put_approval_result(self, params: Params) -> Params:
        """AWS requires the token of GetPipelineState, which is valid once."""
        name = params["pipelineName"]
        stage, action = self._stage(name, params["stageName"]), params["actionName"]
        if action not in {a["name"] for a in stage["actions"]}:
            raise Error("ActionNotFoundException", f"Action {action} does not exist in stage {stage['name']}")
        runs = [
            run
            for e in self._executions(name)
            for run in e.runs
            if (run.stage, run.action["name"]) == (stage["name"], action)
        ]
        run = next((run for run in runs if run.token == params["token"]), None)
        if run is None:
            raise Error("InvalidApprovalTokenException", "The approval token is not valid")
        if run.status != "InProgress":
            raise Error("ApprovalAlreadyCompletedException", "The approval has been completed already")
        result = params["result"]
        if result["status"] == "Approved":
            run.end("Succeeded", summary=result["summary"])
        else:
            rejected = {"code": "Rejected", "message": f"Rejected: {result['summary']}"}
            run.end("Failed", summary=result["summary"], error=rejected)
        self._advance(name)
        return {"approvedAt": run.updated}

    def disable_stage_transition(self, params: Params) -> None:
        """AWS holds executions before the stage, and shows the reason."""
        stage = self._stage(params["pipelineName"], params["stageName"])
        self.state.disabled_transitions.setdefault(params["pipelineName"], {})[
            stage["name"], params["transitionType"]
        ] = {
            "enabled": False,
            "lastChangedBy": self.caller,
            "lastChangedAt": utcnow(),
            "disabledReason": params["reason"],
        }

    def enable_stage_transition(self, params: Params) -> None:
        """AWS lets the waiting execution continue."""
        stage = self._stage(params["pipelineName"], params["stageName"])
        disabled = self.state.disabled_transitions.get(params["pipelineName"], {})
        disabled.pop((stage["name"], params["transitionType"]), None)
        self._advance(params["pipelineName"])

    def retry_stage_execution(self, params: Params) -> Params:
        """AWS retries the failed actions of the stage, or all of them."""
        name, stage = params["pipelineName"], params["stageName"]
        self._stage(name, stage)
        execution = self._execution(name, params["pipelineExecutionId"])
        if execution.stages.get(stage) != "Failed" or execution.current_stage["name"] != stage:
            raise Error("StageNotRetryableException", f"Stage {stage} has not failed in this execution")
        if self._latest(name, stage) is not execution:
            raise Error("NotLatestPipelineExecutionException", "A later execution has reached the stage")
        _reset_actions(execution, stage, all_actions=params["retryMode"] == "ALL_ACTIONS")
        execution.status, execution.has_entered = "InProgress", True
        self._advance(name)
        return {"pipelineExecutionId": execution.key}

    def rollback_stage(self, params: Params) -> Params:
        """AWS runs one stage again with the artifacts of an earlier execution."""
        name, stage = params["pipelineName"], params["stageName"]
        self._stage(name, stage)
        target = self._execution(name, params["targetPipelineExecutionId"])
        if target.stages.get(stage) != "Succeeded" or stage == target.pipeline["stages"][0]["name"]:
            raise Error("UnableToRollbackStageException", f"Stage {stage} did not succeed in the target execution")
        execution = self._roll_back(target, stage, "ManualRollback")
        self._advance(name)
        return {"pipelineExecutionId": execution.key}

    def get_pipeline_state(self, params: Params) -> Params:
        """AWS returns the waiting and the latest execution of each stage, and its actions."""
        name = params["name"]
        pipeline = self._pipeline(name)
        return {
            "pipelineName": name,
            "pipelineVersion": pipeline["version"],
            "created": self.state.created[name],
            "updated": self.state.updated[name],
            "stageStates": [self._stage_state(name, stage) for stage in pipeline["stages"]],
        }

    def get_pipeline_execution(self, params: Params) -> Params:
        """AWS adds the pipeline's version, the artifacts' revisions and the variables' values."""
        execution = self._execution(params["pipelineName"], params["pipelineExecutionId"])
        return {
            "pipelineExecution": execution.response
            | {
                "pipelineName": params["pipelineName"],
                "pipelineVersion": execution.pipeline["version"],
                "artifactRevisions": [
                    {"name": artifact["name"], "revisionId": run.revision, "created": run.updated}
                    for run in execution.runs
                    if run.revision
                    for artifact in run.action["outputArtifacts"]
                ],
                "variables": [{"name": k, "resolvedValue": v} for k, v in execution.variables.items()],
            }
        }

    def list_pipeline_executions(self, params: Params) -> Params:
        """AWS returns the newest first, at most a hundred."""
        self._pipeline(params["pipelineName"])
        succeeded = params.get("filter", {}).get("succeededInStage", {}).get("stageName")
        executions = [
            execution.response
            for execution in reversed(self._executions(params["pipelineName"]))
            if succeeded is None or execution.stages.get(succeeded) == "Succeeded"
        ]
        return {"pipelineExecutionSummaries": executions[: params.get("maxResults", 100)]}

    def list_action_executions(self, params: Params) -> Params:
        """AWS returns the newest first, with every attempt of an action."""
        name = params["pipelineName"]
        self._pipeline(name)
        wanted = params.get("filter", {}).get("pipelineExecutionId")
        executions = [self._execution(name, wanted)] if wanted else self._executions(name)
        details = [_detail(execution, run) for execution in reversed(executions) for run in reversed(execution.runs)]
        return {"actionExecutionDetails": details[: params.get("maxResults", 100)]}

    def _stage_state(self, name: str, stage: Params) -> Params:
        latest = self._latest(name, stage["name"])
        waiting = [
            {"pipelineExecutionId": e.key, "status": "InProgress", "type": e.kind}
            for e in self._executions(name)
            if e.is_waiting and e.current_stage["name"] == stage["name"]
        ]
        runs = latest.current_runs(stage["name"]) if latest else {}
        return {
            "stageName": stage["name"],
            "inboundTransitionState": self._transition(name, stage["name"]),
            "inboundExecution": waiting[-1] if waiting else None,
            "inboundExecutions": waiting,
            "latestExecution": {
                "pipelineExecutionId": latest.key,
                "status": latest.stages[stage["name"]],
                "type": latest.kind,
            }
            if latest
            else None,
            "actionStates": [
                {"actionName": action["name"], "latestExecution": run.response if run else None}
                | (_current_revision(run) if run else {})
                for action in stage["actions"]
                for run in [runs.get(action["name"])]
            ],
        }

    def _transition(self, name: str, stage: str) -> Params:
        enabled: Params = {"enabled": True}
        disabled: dict[tuple[str, str], Params] = self.state.disabled_transitions.get(name, {})
        return disabled.get((stage, "Inbound"), enabled)

    def _advance(self, name: str) -> None:
        """Advances all executions as far as possible."""
        moved = True
        while moved:
            moved = False
            with _advance_lock:
                for execution in list(self._executions(name)):
                    if execution.status in _RUNNING and self._step(execution):
                        moved = True

    def _step(self, execution: Execution) -> bool:
        """Takes one step of an execution; false if it has to wait."""
        if not execution.has_entered:
            return self._enter(execution)
        stage = execution.current_stage
        runs = execution.current_runs(stage["name"])
        for order in sorted({action["runOrder"] for action in stage["actions"]}):
            group = [action for action in stage["actions"] if action["runOrder"] == order]
            new = [action for action in group if action["name"] not in runs]
            if new and execution.status == "Stopping":
                execution.stages[stage["name"]] = "Stopped"
                return self._end(execution, "Stopped")
            for action in new:
                self._run(execution, stage["name"], action)
            if new:
                return True
            if any(runs[action["name"]].status == "InProgress" for action in group):
                return False
            if any(runs[action["name"]].status == "Failed" for action in group):
                return self._fail(execution)
        execution.stages[stage["name"]] = "Succeeded"
        self._put_event(execution, "Stage", "SUCCEEDED")
        if execution.status == "Stopping":
            return self._end(execution, "Stopped")
        if execution.target or execution.stage + 1 == len(execution.pipeline["stages"]):
            return self._end(execution, "Succeeded")
        execution.stage += 1
        execution.has_entered = False
        return True

    def _enter(self, execution: Execution) -> bool:
        name, stage = execution.pipeline["name"], execution.current_stage["name"]
        mode = execution.pipeline["executionMode"]
        if execution.status == "Stopping":
            return self._end(execution, "Stopped")
        others = [
            e
            for e in self._executions(name)
            if e is not execution and e.status in _RUNNING and e.current_stage["name"] == stage
        ]
        position = self._executions(name).index(execution)
        later = self._executions(name)[position:]
        if mode == "SUPERSEDED" and any(e.is_waiting and e in later for e in others):
            return self._end(execution, "Superseded")
        if not self._transition(name, stage)["enabled"]:
            return False
        if mode != "PARALLEL" and any(e.has_entered or e not in later for e in others):
            return False
        execution.has_entered = True
        execution.stages[stage] = "InProgress"
        self._put_event(execution, "Stage", "STARTED")
        return True

    def _run(self, execution: Execution, stage: str, action: Params) -> None:
        values = {f"variables.{name}": value for name, value in execution.variables.items()}
        values["codepipeline.PipelineExecutionId"] = execution.key
        for run in execution.runs:
            if "namespace" in run.action:
                values |= {f"{run.action['namespace']}.{name}": value for name, value in run.outputs.items()}
        configuration = {
            key: re.sub(r"#\{([^}]+)\}", lambda m: values.get(m[1], m[0]), value)
            for key, value in action["configuration"].items()
        }
        run = ActionRun(stage, action, configuration)
        execution.runs.append(run)
        self._put_event(execution, "Action", "STARTED", run)
        self._perform(execution, run)
        if run.status != "InProgress":
            self._put_event(execution, "Action", run.status.upper(), run)

    def _perform(self, execution: Execution, run: ActionRun) -> None:
        configuration = run.configuration
        match run.action["actionTypeId"]["provider"]:
            case "Manual":
                run.token = str(uuid.uuid4())
                self._notify_approvers(execution, run)
            case "CodeStarSourceConnection" if not _is_available(configuration["ConnectionArn"]):
                why = f"Connection {configuration['ConnectionArn']} is not available"
                run.end("Failed", error={"code": "ConfigurationError", "message": why})
            case "CodeCommit":
                self._resolve_commit(execution, run)
            case "CodeBuild" if not self._has_project(run):
                why = f"Project {configuration['ProjectName']} cannot be found"
                run.end("Failed", error={"code": "ConfigurationError", "message": why})
            case _:
                if run.action["actionTypeId"]["category"] == "Source":
                    random_revision = hashlib.sha1(uuid.uuid4().bytes, usedforsecurity=False).hexdigest()
                    run.revision = execution.revisions.get(run.action["name"], random_revision)
                    run.outputs = {"CommitId": run.revision, "BranchName": configuration.get("BranchName", "")}
                run.end("Succeeded")

    def _resolve_commit(self, execution: Execution, run: ActionRun) -> None:
        """AWS uses the tip of the branch, or the commit that started the execution."""
        name, branch = run.configuration["RepositoryName"], run.configuration["BranchName"]
        account = run.action["roleArn"].split(":")[4] if "roleArn" in run.action else self.current_account
        region = run.action.get("region", self.region)
        repository = codecommit_backends[account][region].repositories.get(name)
        tip = repository.branches.get(branch) if repository else None
        key = execution.revisions.get(run.action["name"], tip)
        why = None
        if repository is None:
            why = f"Repository {name} of CodeCommit cannot be found in {region}"
        elif tip is None or key is None:
            why = f"Branch {branch} cannot be found in repository {name} of CodeCommit"
        elif key not in repository.commits:
            why = f"Commit {key} cannot be found in repository {name} of CodeCommit"
        if why or repository is None or key is None:
            run.end("Failed", error={"code": "ConfigurationError", "message": why})
            return
        commit = repository.commits[key]
        run.revision = key
        run.outputs = {
            "AuthorDate": commit.iso,
            "BranchName": branch,
            "CommitId": key,
            "CommitMessage": commit.message,
            "CommitterDate": commit.iso,
            "RepositoryName": name,
        }
        run.end("Succeeded", summary=commit.message)

    def _has_project(self, run: ActionRun) -> bool:
        region = run.action.get("region", self.region)
        return run.configuration["ProjectName"] in codebuild_backends[self.current_account][region].projects

    def _notify_approvers(self, execution: Execution, run: ActionRun) -> None:
        """Publishes AWS's message to the topic of a manual approval."""
        topic = run.configuration.get("NotificationArn")
        if topic is None:
            return
        message = {
            "region": self.region,
            "approval": {
                "pipelineName": execution.pipeline["name"],
                "stageName": run.stage,
                "actionName": run.action["name"],
                "token": run.token,
                "expires": (run.started + timedelta(days=7)).strftime("%Y-%m-%dT%H:%MZ"),
                "externalEntityLink": run.configuration.get("ExternalEntityLink"),
                "customData": run.configuration.get("CustomData"),
            },
        }
        _, _, _, region, account, _ = topic.split(":")
        try:
            sns_backends[account][region].publish(message=json.dumps(message), arn=topic)
        except Exception:
            # AWS shows the approval in the console even if the topic fails.
            log.debug("approval to %s", topic, exc_info=True)

    def _fail(self, execution: Execution) -> bool:
        stage = execution.current_stage
        reaction = stage.get("onFailure", {})
        if reaction.get("result") == "RETRY" and stage["name"] not in execution.retried:
            execution.retried.add(stage["name"])
            all_actions = reaction.get("retryConfiguration", {}).get("retryMode") == "ALL_ACTIONS"
            _reset_actions(execution, stage["name"], all_actions)
            return True
        execution.stages[stage["name"]] = "Failed"
        self._put_event(execution, "Stage", "FAILED")
        self._end(execution, "Failed")
        if reaction.get("result") == "ROLLBACK" and not execution.target:
            earlier = (e for e in reversed(self._executions(execution.pipeline["name"])) if e is not execution)
            target = next((e for e in earlier if e.stages.get(stage["name"]) == "Succeeded"), None)
            if target:
                self._roll_back(target, stage["name"], "AutomatedRollback")
        return True

    def _roll_back(self, target: Execution, stage: str, trigger: str) -> Execution:
        names = [one["name"] for one in target.pipeline["stages"]]
        execution = Execution(
            target.pipeline, {"triggerType": trigger, "triggerDetail": target.key}, target.variables, target.revisions
        )
        execution.target, execution.stage = target.key, names.index(stage)
        self._executions(target.pipeline["name"]).append(execution)
        self._put_event(execution, "Pipeline", "STARTED")
        return execution

    def _end(self, execution: Execution, status: str) -> bool:
        execution.status, execution.has_entered, execution.updated = status, False, utcnow()
        self._put_event(execution, "Pipeline", status.upper())
        return True

    def _put_event(self, execution: Execution, what: str, state: str, run: ActionRun | None = None) -> None:
        """Puts AWS's event on the default bus."""
        pipeline = execution.pipeline
        detail: Params = {
            "pipeline": pipeline["name"],
            "execution-id": execution.key,
            "start-time": iso_8601_datetime_without_milliseconds(execution.started),
            "state": state,
            "version": float(pipeline["version"]),
        }
        if what != "Pipeline":
            detail["stage"] = execution.current_stage["name"]
        if run:
            kinds = run.action["actionTypeId"]
            detail |= {"action": run.action["name"], "type": kinds, "action-execution-id": run.key}
        events_backends[self.current_account][self.region].put_events(
            [
                {
                    "Source": "aws.codepipeline",
                    "DetailType": f"CodePipeline {what} Execution State Change",
                    "Resources": [self.arn(pipeline["name"])],
                    "Detail": json.dumps(detail),
                }
            ]
        )

    def _executions(self, name: str) -> list[Execution]:
        executions: list[Execution] = self.state.executions.setdefault(name, [])
        return executions

    def _execution(self, name: str, key: str) -> Execution:
        self._pipeline(name)
        for execution in self._executions(name):
            if execution.key == key:
                return execution
        raise Error("PipelineExecutionNotFoundException", f"Pipeline execution {key} does not exist in pipeline {name}")

    def _latest(self, name: str, stage: str) -> Execution | None:
        return next((e for e in reversed(self._executions(name)) if stage in e.stages), None)

    def _stage(self, name: str, stage: str) -> Params:
        for one in self._pipeline(name)["stages"]:
            if one["name"] == stage:
                found: Params = one
                return found
        raise Error("StageNotFoundException", f"Stage {stage} does not exist in pipeline {name}")


def _is_available(arn: str) -> bool:
    _, _, _, region, account, _ = arn.split(":", 5)
    connection = connections_backends[account][region].connections.get(arn)
    return connection is not None and connection["ConnectionStatus"] == "AVAILABLE"


def _reset_actions(execution: Execution, stage: str, all_actions: bool) -> None:
    for run in execution.current_runs(stage).values():
        run.is_replaced = all_actions or run.status == "Failed"
    execution.stages[stage] = "InProgress"


def _current_revision(run: ActionRun) -> Params:
    if run.revision is None:
        return {}
    revision = {"revisionId": run.revision, "revisionChangeId": run.revision, "created": run.updated}
    return {"currentRevision": revision}


def _detail(execution: Execution, run: ActionRun) -> Params:
    def artifacts(which: str) -> Iterable[Params]:
        return [{"name": artifact["name"]} for artifact in run.action[which]]

    return {
        "pipelineExecutionId": execution.key,
        "actionExecutionId": run.key,
        "pipelineVersion": execution.pipeline["version"],
        "stageName": run.stage,
        "actionName": run.action["name"],
        "startTime": run.started,
        "lastUpdateTime": run.updated,
        "status": run.status,
        "input": {
            "actionTypeId": run.action["actionTypeId"],
            "configuration": run.action["configuration"],
            "resolvedConfiguration": run.configuration,
            "namespace": run.action.get("namespace"),
            "inputArtifacts": artifacts("inputArtifacts"),
        },
        "output": {
            "outputArtifacts": artifacts("outputArtifacts"),
            "outputVariables": run.outputs,
            "executionResult": {"externalExecutionSummary": run.summary, "errorDetails": run.error},
        },
    }
