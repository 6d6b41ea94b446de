"""The validation of a pipeline's structure, beyond the service model.

From the CodePipeline user guide ("pipeline structure reference", "action structure
reference", "quotas"). The codes are AWS's, the wording is close to it but not its own.
"""

from collections.abc import Iterator
from typing import NamedTuple

from .core import Error, Params


class _Provider(NamedTuple):
    """The number of input and output artifacts of an action, and its configuration keys."""

    inputs: range
    outputs: range
    required: set[str]
    optional: set[str]
    # Keys with a number, as in Image1ArtifactName.
    numbered: tuple[str, ...] = ()


_NONE, _ONE = range(1), range(1, 2)

# By (category, provider), for owner AWS; any other action is not validated.
_PROVIDERS = {
    ("Source", "CodeStarSourceConnection"): _Provider(
        _NONE, _ONE, {"ConnectionArn", "FullRepositoryId", "BranchName"}, {"OutputArtifactFormat", "DetectChanges"}
    ),
    ("Source", "CodeCommit"): _Provider(
        _NONE, _ONE, {"RepositoryName", "BranchName"}, {"PollForSourceChanges", "OutputArtifactFormat"}
    ),
    ("Source", "S3"): _Provider(
        _NONE, _ONE, {"S3Bucket", "S3ObjectKey"}, {"PollForSourceChanges", "AllowOverrideForS3ObjectKey"}
    ),
    ("Source", "ECR"): _Provider(_NONE, _ONE, {"RepositoryName"}, {"ImageTag"}),
    ("Build", "CodeBuild"): _Provider(
        range(1, 6),
        range(6),
        {"ProjectName"},
        {"PrimarySource", "BatchEnabled", "CombineArtifacts", "EnvironmentVariables"},
    ),
    ("Approval", "Manual"): _Provider(_NONE, _NONE, set(), {"NotificationArn", "CustomData", "ExternalEntityLink"}),
    ("Deploy", "ECS"): _Provider(_ONE, _NONE, {"ClusterName", "ServiceName"}, {"FileName", "DeploymentTimeout"}),
    ("Deploy", "CodeDeploy"): _Provider(_ONE, _NONE, {"ApplicationName", "DeploymentGroupName"}, set()),
    ("Deploy", "CodeDeployToECS"): _Provider(
        range(1, 6),
        _NONE,
        {"ApplicationName", "DeploymentGroupName", "TaskDefinitionTemplateArtifact", "AppSpecTemplateArtifact"},
        {"TaskDefinitionTemplatePath", "AppSpecTemplatePath"},
        ("ArtifactName", "ContainerName"),
    ),
    ("Deploy", "S3"): _Provider(
        _ONE,
        _NONE,
        {"BucketName", "Extract"},
        {"ObjectKey", "KMSEncryptionKeyARN", "CannedACL", "CacheControl"},
    ),
    ("Invoke", "Lambda"): _Provider(range(6), range(6), {"FunctionName"}, {"UserParameters"}),
    ("Invoke", "StepFunctions"): _Provider(
        range(2), range(2), {"StateMachineArn"}, {"ExecutionNamePrefix", "InputType", "Input"}
    ),
}
_PROVIDERS["Test", "CodeBuild"] = _PROVIDERS["Build", "CodeBuild"]

_MAX_STAGES, _MAX_ACTIONS_OF_STAGE, _MAX_ACTIONS = 50, 50, 500


def check_structure(pipeline: Params) -> None:
    """Raises AWS's first error about a pipeline that the service model allows."""
    stages = pipeline["stages"]
    if len(stages) < 2:
        _bad_structure(f"Pipeline has only {len(stages)} stage(s). There should be a minimum of 2 stages in a pipeline")
    if len(stages) > _MAX_STAGES:
        _bad_structure(f"Pipeline has more than {_MAX_STAGES} stages")
    if sum(len(stage["actions"]) for stage in stages) > _MAX_ACTIONS:
        _bad_structure(f"Pipeline has more than {_MAX_ACTIONS} actions")
    if ("artifactStore" in pipeline) == ("artifactStores" in pipeline):
        _bad_structure("Pipeline must have either an artifactStore or artifactStores, and not both")
    _unique("stage name", (stage["name"] for stage in stages), "InvalidStageDeclarationException")
    _check_type(pipeline)
    for index, stage in enumerate(stages):
        _check_stage(stage, is_first=index == 0)
    _check_artifacts(stages)
    _unique(
        "namespace",
        (a["namespace"] for s in stages for a in s["actions"] if "namespace" in a),
        "InvalidActionDeclarationException",
    )
    _check_triggers(pipeline)


def _check_type(pipeline: Params) -> None:
    if pipeline["pipelineType"] == "V1":
        for key in ("triggers", "variables"):
            if pipeline.get(key):
                _bad_structure(f"{key} are allowed in a V2 pipeline only")
        if pipeline["executionMode"] != "SUPERSEDED":
            _bad_structure(f"Execution mode {pipeline['executionMode']} is allowed in a V2 pipeline only")
    if pipeline["executionMode"] == "PARALLEL":
        for stage in pipeline["stages"]:
            if stage.get("onFailure", {}).get("result") == "ROLLBACK":
                _bad_structure("Rollback is not allowed with execution mode PARALLEL")
    _unique("variable", (v["name"] for v in pipeline.get("variables", [])), "InvalidStructureException")


def _check_stage(stage: Params, is_first: bool) -> None:
    def bad(why: str) -> None:
        raise Error("InvalidStageDeclarationException", f"Stage '{stage['name']}': {why}")

    if not stage["actions"]:
        bad("a stage must have at least one action")
    if len(stage["actions"]) > _MAX_ACTIONS_OF_STAGE:
        bad(f"a stage has at most {_MAX_ACTIONS_OF_STAGE} actions")
    _unique("action name", (action["name"] for action in stage["actions"]), "InvalidActionDeclarationException")
    if is_first and stage.get("onFailure", {}).get("result") == "ROLLBACK":
        bad("rollback is not allowed on the source stage")
    if is_first and "beforeEntry" in stage:
        bad("conditions on entry are not allowed on the source stage")
    for action in stage["actions"]:
        if (action["actionTypeId"]["category"] == "Source") != is_first:
            bad("the first stage holds source actions only, and no other stage holds one")
        _check_action(action)


def _check_action(action: Params) -> None:
    kind = action["actionTypeId"]
    provider = _PROVIDERS.get((kind["category"], kind["provider"])) if kind["owner"] == "AWS" else None
    if provider is None:
        return

    def bad(why: str) -> None:
        raise Error("InvalidActionDeclarationException", f"Action configuration for action '{action['name']}' {why}")

    configured = set(action["configuration"])
    for key in sorted(provider.required - configured):
        bad(f"is missing required configuration '{key}'")
    for key in sorted(configured - provider.required - provider.optional):
        if not (key.startswith("Image") and key.endswith(provider.numbered or ("\0",))):
            bad(f"contains unknown configuration '{key}'")
    for what, allowed in (("inputArtifacts", provider.inputs), ("outputArtifacts", provider.outputs)):
        if len(action[what]) not in allowed:
            bad(f"has {len(action[what])} {what}; allowed are {allowed.start} to {allowed.stop - 1}")
    if "timeoutInMinutes" in action and kind["category"] not in ("Approval", "Build", "Test", "Compute"):
        bad("has a timeout, which this action type does not take")


def _check_artifacts(stages: list[Params]) -> None:
    """Checks that an input is the output of an earlier action, and that output names are unique."""
    made: set[str] = set()
    for stage in stages:
        for order in sorted({action["runOrder"] for action in stage["actions"]}):
            together = [action for action in stage["actions"] if action["runOrder"] == order]
            for action in together:
                for artifact in action["inputArtifacts"]:
                    if artifact["name"] not in made:
                        raise Error(
                            "InvalidActionDeclarationException",
                            f"Input Artifact Bundle {artifact['name']} in action {action['name']} is not declared as "
                            "Output Artifact Bundle in any of the preceding actions",
                        )
            for action in together:
                for artifact in action["outputArtifacts"]:
                    if artifact["name"] in made:
                        raise Error(
                            "InvalidActionDeclarationException",
                            f"Output Artifact Bundle name must be unique within the pipeline: {artifact['name']}",
                        )
                    made.add(artifact["name"])


def _check_triggers(pipeline: Params) -> None:
    triggers = [trigger["gitConfiguration"] for trigger in pipeline.get("triggers", [])]
    _unique("trigger of source action", (t["sourceActionName"] for t in triggers), "InvalidStructureException")
    connected = {
        action["name"]
        for action in pipeline["stages"][0]["actions"]
        if action["actionTypeId"]["provider"] == "CodeStarSourceConnection"
    }
    for trigger in triggers:
        if trigger["sourceActionName"] not in connected:
            _bad_structure(
                f"Trigger names '{trigger['sourceActionName']}', which is no CodeStarSourceConnection source"
            )
        if not trigger.get("push") and not trigger.get("pullRequest"):
            _bad_structure("A trigger needs push or pullRequest filters")
        for push in trigger.get("push", []):
            if "tags" in push and ("branches" in push or "filePaths" in push):
                _bad_structure("A push filter names either tags, or branches and file paths")


def _unique(noun: str, names: Iterator[str], code: str) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise Error(code, f"Duplicate {noun}: {name}")
        seen.add(name)


def _bad_structure(why: str) -> None:
    raise Error("InvalidStructureException", why)
