"""CodeBuild: projects as AWS stores and returns them. A build ends at once and runs nothing."""

import uuid
from typing import Any

from moto.core.base_backend import BackendDict
from moto.core.utils import utcnow

from . import core
from .core import Error, Params


class State(core.State):
    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.projects: dict[str, Params] = {}
        self.builds: dict[str, Params] = {}
        self.build_numbers: dict[str, int] = {}
        self.report_groups: dict[str, Params] = {}
        self.source_credentials: dict[str, Params] = {}
        self.resource_policies: dict[str, str] = {}


codebuild_backends = BackendDict(State, "codebuild")

# The phases of a build, for the history of one that ends at once.
_PHASES = (
    "SUBMITTED",
    "QUEUED",
    "PROVISIONING",
    "DOWNLOAD_SOURCE",
    "INSTALL",
    "PRE_BUILD",
    "BUILD",
    "POST_BUILD",
    "UPLOAD_ARTIFACTS",
    "FINALIZING",
)


class CodeBuild(core.Service):
    model = "codebuild"
    backends = codebuild_backends
    invalid = "InvalidInputException"
    state: State

    def create_project(self, params: Params) -> Params:
        """AWS returns the project with its defaults filled in; a name is unique in account and region."""
        name = params["name"]
        if name in self.state.projects:
            raise Error("ResourceAlreadyExistsException", f"Project already exists: {self.arn(f'project/{name}')}")
        now = utcnow()
        project = {"arn": self.arn(f"project/{name}"), "created": now, "projectVisibility": "PRIVATE"}
        self.state.projects[name] = project | self._with_defaults(
            {"timeoutInMinutes": 60, "queuedTimeoutInMinutes": 480} | params, now
        )
        return {"project": self.state.projects[name]}

    def update_project(self, params: Params) -> Params:
        """AWS replaces the members that are sent and keeps the others; a build limit of -1 takes the limit away,
        an empty network the network."""
        project = self._project(params["name"])
        updated = project | self._with_defaults(_request(project) | params, utcnow())
        if updated.get("concurrentBuildLimit") == -1:
            del updated["concurrentBuildLimit"]
        if not updated.get("vpcConfig", True):
            del updated["vpcConfig"]
        self.state.projects[params["name"]] = updated
        return {"project": updated}

    def update_project_visibility(self, params: Params) -> Params:
        """AWS addresses the project by ARN and returns the new visibility."""
        project = self._project(params["projectArn"].rpartition("/")[2])
        project["projectVisibility"] = params["projectVisibility"]
        if "resourceAccessRole" in params:
            project["resourceAccessRole"] = params["resourceAccessRole"]
        return {"projectArn": project["arn"], "projectVisibility": project["projectVisibility"]}

    def batch_get_projects(self, params: Params) -> Params:
        """AWS takes names and ARNs, and lists apart the names that it does not find."""
        found, missing = [], []
        for name in params["names"]:
            project = self.state.projects.get(name.rpartition("/")[2])
            found.append(project) if project else missing.append(name)
        return {"projects": found, "projectsNotFound": missing}

    def list_projects(self, params: Params) -> Params:
        """AWS sorts by name, ascending unless the request says otherwise."""
        return {"projects": sorted(self.state.projects, reverse=params.get("sortOrder") == "DESCENDING")}

    def delete_project(self, params: Params) -> None:
        """AWS deletes the project with its builds, and accepts the name of a project that does not exist."""
        name = params["name"].rpartition("/")[2]
        self.state.projects.pop(name, None)
        self.state.builds = {k: b for k, b in self.state.builds.items() if b["projectName"] != name}

    def start_build(self, params: Params) -> Params:
        """AWS queues a build made of the project and the request's overrides."""
        project = self._project(params["projectName"])
        name = project["name"]
        number = self.state.build_numbers[name] = self.state.build_numbers.get(name, 0) + 1
        now = utcnow()
        environment = dict(project["environment"])
        overrides = {v["name"]: v for v in params.get("environmentVariablesOverride", [])}
        variables = {v["name"]: v for v in environment.get("environmentVariables", [])} | overrides
        environment["environmentVariables"] = list(variables.values())
        for key, override in (
            ("image", "imageOverride"),
            ("type", "environmentTypeOverride"),
            ("computeType", "computeTypeOverride"),
            ("privilegedMode", "privilegedModeOverride"),
        ):
            environment[key] = params.get(override, environment.get(key))
        source = dict(project["source"])
        for key, override in (
            ("type", "sourceTypeOverride"),
            ("location", "sourceLocationOverride"),
            ("buildspec", "buildspecOverride"),
        ):
            if override in params:
                source[key] = params[override]
        build = {
            "id": f"{name}:{uuid.uuid4()}",
            "buildNumber": number,
            "projectName": name,
            "startTime": now,
            "currentPhase": "QUEUED",
            "buildStatus": "IN_PROGRESS",
            "buildComplete": False,
            "phases": [{"phaseType": "SUBMITTED", "phaseStatus": "SUCCEEDED", "startTime": now, "endTime": now}],
            "sourceVersion": params.get("sourceVersion", project.get("sourceVersion")),
            "source": source,
            "artifacts": {"location": project["artifacts"].get("location", "")},
            "cache": project["cache"],
            "environment": environment,
            "serviceRole": params.get("serviceRoleOverride", project["serviceRole"]),
            "logs": project.get("logsConfig", {}),
            "timeoutInMinutes": params.get("timeoutInMinutesOverride", project["timeoutInMinutes"]),
            "queuedTimeoutInMinutes": params.get("queuedTimeoutInMinutesOverride", project["queuedTimeoutInMinutes"]),
            "encryptionKey": params.get("encryptionKeyOverride", project["encryptionKey"]),
            "initiator": "sandbox",
        }
        build["arn"] = self.arn(f"build/{build['id']}")
        self.state.builds[str(build["id"])] = build
        return {"build": build}

    def batch_get_builds(self, params: Params) -> Params:
        """AWS returns the builds in their current phase; here a build succeeds when it is read."""
        found, missing = [], []
        for key in params["ids"]:
            build = self._build(key)
            if build is None:
                missing.append(key)
                continue
            if not build["buildComplete"]:
                _end(build, "SUCCEEDED")
            found.append(build)
        return {"builds": found, "buildsNotFound": missing}

    def stop_build(self, params: Params) -> Params:
        """AWS stops a running build, and returns it."""
        build = self._build(params["id"])
        if build is None:
            raise Error("ResourceNotFoundException", f"Build {params['id']} does not exist")
        if not build["buildComplete"]:
            _end(build, "STOPPED")
        return {"build": build}

    def list_builds(self, params: Params) -> Params:
        """AWS returns the newest first unless the request says otherwise."""
        return {"ids": self._build_ids(params, self.state.builds.values())}

    def list_builds_for_project(self, params: Params) -> Params:
        """AWS rejects the name of a project that does not exist."""
        name = self._project(params["projectName"])["name"]
        return {"ids": self._build_ids(params, [b for b in self.state.builds.values() if b["projectName"] == name])}

    def create_report_group(self, params: Params) -> Params:
        """AWS stores report groups by ARN; their name is unique."""
        arn = self.arn(f"report-group/{params['name']}")
        if arn in self.state.report_groups:
            raise Error("ResourceAlreadyExistsException", f"Report group already exists: {arn}")
        now = utcnow()
        self.state.report_groups[arn] = params | {"arn": arn, "created": now, "lastModified": now, "status": "ACTIVE"}
        return {"reportGroup": self.state.report_groups[arn]}

    def batch_get_report_groups(self, params: Params) -> Params:
        """AWS lists separately the ARNs that it does not find."""
        groups = self.state.report_groups
        return {
            "reportGroups": [groups[arn] for arn in params["reportGroupArns"] if arn in groups],
            "reportGroupsNotFound": [arn for arn in params["reportGroupArns"] if arn not in groups],
        }

    def list_report_groups(self, params: Params) -> Params:
        """AWS returns ARNs only."""
        return {"reportGroups": list(self.state.report_groups)}

    def update_report_group(self, params: Params) -> Params:
        """AWS replaces the members that are sent."""
        group = self.state.report_groups.get(params["arn"])
        if group is None:
            raise Error("ResourceNotFoundException", f"Report group not found: {params['arn']}")
        group.update(params, lastModified=utcnow())
        return {"reportGroup": group}

    def delete_report_group(self, params: Params) -> None:
        """AWS accepts an ARN that does not exist."""
        self.state.report_groups.pop(params["arn"], None)

    def import_source_credentials(self, params: Params) -> Params:
        """AWS stores one credential per server type and authentication type, and never returns the token."""
        kind = params["serverType"].lower()
        arn = self.arn(f"token/{kind}")
        if arn in self.state.source_credentials and not params.get("shouldOverwrite", True):
            raise Error("ResourceAlreadyExistsException", f"Access token with server type {kind} already exists.")
        self.state.source_credentials[arn] = {
            "arn": arn,
            "serverType": params["serverType"],
            "authType": params["authType"],
            # The token of a connection or a secret is its ARN, which AWS returns.
            "resource": params["token"] if params["token"].startswith("arn:") else None,
        }
        return {"arn": arn}

    def list_source_credentials(self, params: Params) -> Params:
        """AWS returns all credentials of the account and region."""
        return {"sourceCredentialsInfos": list(self.state.source_credentials.values())}

    def delete_source_credentials(self, params: Params) -> Params:
        """AWS rejects an ARN that does not exist."""
        if self.state.source_credentials.pop(params["arn"], None) is None:
            raise Error("ResourceNotFoundException", f"Source credentials not found: {params['arn']}")
        return {"arn": params["arn"]}

    def put_resource_policy(self, params: Params) -> Params:
        """AWS stores one policy per project or report group."""
        self.state.resource_policies[params["resourceArn"]] = params["policy"]
        return {"resourceArn": params["resourceArn"]}

    def get_resource_policy(self, params: Params) -> Params:
        """AWS rejects a resource without a policy."""
        policy = self.state.resource_policies.get(params["resourceArn"])
        if policy is None:
            raise Error("ResourceNotFoundException", f"No resource policy for {params['resourceArn']}")
        return {"policy": policy}

    def delete_resource_policy(self, params: Params) -> None:
        """AWS accepts a resource without a policy."""
        self.state.resource_policies.pop(params["resourceArn"], None)

    def create_webhook(self, params: Params) -> Params:
        """AWS attaches the webhook to its project and generates its URL and secret."""
        project = self._project(params["projectName"])
        if "webhook" in project:
            raise Error("ResourceAlreadyExistsException", f"Webhook already exists: {project['name']}")
        token = uuid.uuid4().hex
        project["webhook"] = _webhook(params) | {
            "url": f"https://api.example.invalid/hooks/{token}",
            "payloadUrl": f"https://codebuild.{self.region}.amazonaws.com/webhooks?t={token}",
            "secret": token,
            "status": "ACTIVE",
        }
        return {"webhook": project["webhook"]}

    def update_webhook(self, params: Params) -> Params:
        """AWS replaces the members that are sent."""
        webhook = self._webhook_of(params["projectName"])
        webhook.update(_webhook(params))
        return {"webhook": webhook}

    def delete_webhook(self, params: Params) -> None:
        """AWS rejects a project without a webhook."""
        self._webhook_of(params["projectName"])
        del self.state.projects[params["projectName"]]["webhook"]

    def _webhook_of(self, name: str) -> Params:
        webhook: Params | None = self._project(name).get("webhook")
        if webhook is None:
            raise Error("ResourceNotFoundException", f"Webhook does not exist for project {name}")
        return webhook

    def _project(self, name: str) -> Params:
        try:
            return self.state.projects[name.rpartition("/")[2]]
        except KeyError:
            arn = name if name.startswith("arn:") else self.arn(f"project/{name}")
            raise Error("ResourceNotFoundException", f"Project cannot be found: {arn}") from None

    def _build(self, key: str) -> Params | None:
        return self.state.builds.get(key.rpartition("build/")[2])

    def _build_ids(self, params: Params, builds: Any) -> list[str]:
        ids = [build["id"] for build in builds]
        return ids if params.get("sortOrder") == "ASCENDING" else ids[::-1]

    def _with_defaults(self, request: Params, now: Any) -> Params:
        """The project as AWS returns it: the validated request with AWS's defaults."""
        source, artifacts = request["source"], request["artifacts"]
        if (source["type"] == "CODEPIPELINE") != (artifacts["type"] == "CODEPIPELINE"):
            self._refuse("source type CODEPIPELINE and artifacts type CODEPIPELINE need each other")
        if source["type"] == "NO_SOURCE" and not source.get("buildspec"):
            self._refuse("source type NO_SOURCE needs a buildspec")
        if source["type"] not in ("CODEPIPELINE", "NO_SOURCE") and not source.get("location"):
            self._refuse("Project source location is required")
        if artifacts["type"] == "S3" and not artifacts.get("location"):
            self._refuse("Project artifacts location is required")
        if artifacts["type"] == "NO_ARTIFACTS" and artifacts.get("location"):
            self._refuse("Invalid artifacts: artifact type NO_ARTIFACTS should have null location")
        role = request["serviceRole"]
        if not core.is_service_trusted(self.current_account, self.partition, role, "codebuild.amazonaws.com"):
            self._refuse(f"CodeBuild is not authorized to perform: sts:AssumeRole on {role}")

        complete = {k: v for k, v in request.items() if k != "badgeEnabled"}
        complete["lastModified"] = now
        complete["source"] = {"insecureSsl": False} | source
        if artifacts["type"] != "NO_ARTIFACTS":
            complete["artifacts"] = {
                "name": request["name"],
                "packaging": "NONE",
                "encryptionDisabled": False,
            } | artifacts
        complete["cache"] = request.get("cache") or {"type": "NO_CACHE"}
        complete["badge"] = {"badgeEnabled": request.get("badgeEnabled", False)}
        complete["encryptionKey"] = (
            request.get("encryptionKey")
            or f"arn:{self.partition}:kms:{self.region}:{self.current_account}:alias/aws/s3"
        )
        complete["environment"] = {"privilegedMode": False, "imagePullCredentialsType": "CODEBUILD"} | request[
            "environment"
        ]
        complete["environment"]["environmentVariables"] = [
            {"type": "PLAINTEXT"} | variable for variable in request["environment"].get("environmentVariables", [])
        ]
        if "logsConfig" in request:
            logs = request["logsConfig"]
            complete["logsConfig"] = {
                "cloudWatchLogs": logs.get("cloudWatchLogs") or {"status": "ENABLED"},
                "s3Logs": {"encryptionDisabled": False} | (logs.get("s3Logs") or {"status": "DISABLED"}),
            }
        return complete

    def _refuse(self, why: str) -> None:
        raise Error("InvalidInputException", why)


def _request(project: Params) -> Params:
    """The request that would create the project, so that an update keeps the members it does not send."""
    return project | {"badgeEnabled": project["badge"]["badgeEnabled"]}


def _webhook(params: Params) -> Params:
    return {k: v for k, v in params.items() if k not in ("projectName", "rotateSecret")}


def _end(build: Params, status: str) -> None:
    now = utcnow()
    build["phases"] = [
        {
            "phaseType": phase,
            "phaseStatus": status,
            "startTime": build["startTime"],
            "endTime": now,
            "durationInSeconds": 0,
        }
        for phase in _PHASES
    ] + [{"phaseType": "COMPLETED", "startTime": now}]
    build.update(buildStatus=status, buildComplete=True, currentPhase="COMPLETED", endTime=now)


def install() -> None:
    core.serve(CodeBuild, "codebuild")
