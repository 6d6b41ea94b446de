"""CodeDeploy: applications, deployment configurations, deployment groups. A deployment is kept, not run."""

import uuid

from moto.core.base_backend import BackendDict
from moto.core.utils import utcnow
from moto.ecs.models import ecs_backends

from . import core
from .core import Error, Params
from .tagging import Tagged, as_map

_DEFAULT_CONFIGS = {
    "Server": ["AllAtOnce", "HalfAtATime", "OneAtATime"],
    "ECS": [
        "ECSAllAtOnce",
        "ECSLinear10PercentEvery1Minutes",
        "ECSLinear10PercentEvery3Minutes",
        "ECSCanary10Percent5Minutes",
        "ECSCanary10Percent15Minutes",
    ],
    "Lambda": [
        "LambdaAllAtOnce",
        "LambdaCanary10Percent5Minutes",
        "LambdaCanary10Percent10Minutes",
        "LambdaCanary10Percent15Minutes",
        "LambdaCanary10Percent30Minutes",
        "LambdaLinear10PercentEvery1Minute",
        "LambdaLinear10PercentEvery2Minutes",
        "LambdaLinear10PercentEvery3Minutes",
        "LambdaLinear10PercentEvery10Minutes",
    ],
}
# The default configuration of a group.
_DEFAULT_CONFIG = {"Server": "OneAtATime", "ECS": "ECSAllAtOnce", "Lambda": "LambdaAllAtOnce"}


class State(core.State):
    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.applications: dict[str, Params] = {}
        self.groups: dict[str, dict[str, Params]] = {}
        self.configs: dict[str, Params] = {
            f"CodeDeployDefault.{name}": {
                "deploymentConfigId": str(uuid.uuid4()),
                "deploymentConfigName": f"CodeDeployDefault.{name}",
                "computePlatform": platform,
                "createTime": utcnow(),
            }
            for platform, names in _DEFAULT_CONFIGS.items()
            for name in names
        }
        self.deployments: dict[str, Params] = {}
        self.tags: dict[str, dict[str, str]] = {}


codedeploy_backends = BackendDict(State, "codedeploy")


class CodeDeploy(Tagged, core.Service):
    model = "codedeploy"
    backends = codedeploy_backends
    state: State

    @staticmethod
    def not_found(arn: str) -> Error:
        return Error("InvalidArnException", f"{arn} does not exist")

    def create_application(self, params: Params) -> Params:
        """AWS uses Server as the default platform."""
        name = params["applicationName"]
        if name in self.state.applications:
            raise Error(
                "ApplicationAlreadyExistsException", f"An application already exists with the specified name: {name}"
            )
        self.state.applications[name] = {
            "applicationId": str(uuid.uuid4()),
            "applicationName": name,
            "createTime": utcnow(),
            "linkedToGitHub": False,
            "computePlatform": params.get("computePlatform", "Server"),
        }
        self.state.groups[name] = {}
        self.state.tags[self._application_arn(name)] = as_map(params.get("tags"))
        return {"applicationId": self.state.applications[name]["applicationId"]}

    def get_application(self, params: Params) -> Params:
        """AWS rejects a name that does not exist."""
        return {"application": self._application(params["applicationName"])}

    def batch_get_applications(self, params: Params) -> Params:
        """AWS rejects a name that does not exist."""
        return {"applicationsInfo": [self._application(name) for name in params["applicationNames"]]}

    def list_applications(self, params: Params) -> Params:
        """AWS returns names only."""
        return {"applications": list(self.state.applications)}

    def update_application(self, params: Params) -> None:
        """AWS renames the application and keeps its groups."""
        old, new = params["applicationName"], params.get("newApplicationName")
        self._application(old)
        if not new or new == old:
            return
        if new in self.state.applications:
            raise Error(
                "ApplicationAlreadyExistsException", f"An application already exists with the specified name: {new}"
            )
        self.state.applications[new] = self.state.applications.pop(old) | {"applicationName": new}
        self.state.groups[new] = {
            name: group | {"applicationName": new} for name, group in self.state.groups.pop(old).items()
        }
        self.state.tags[self._application_arn(new)] = self.state.tags.pop(self._application_arn(old))
        for name in self.state.groups[new]:
            self.state.tags[self._group_arn(new, name)] = self.state.tags.pop(self._group_arn(old, name))

    def delete_application(self, params: Params) -> None:
        """AWS accepts a name that does not exist, and deletes the groups with their application."""
        name = params["applicationName"]
        for group in self.state.groups.pop(name, {}):
            del self.state.tags[self._group_arn(name, group)]
        self.state.tags.pop(self._application_arn(name), None)
        self.state.applications.pop(name, None)

    def create_deployment_config(self, params: Params) -> Params:
        """AWS rejects a name that is in use."""
        name = params["deploymentConfigName"]
        if name in self.state.configs:
            raise Error(
                "DeploymentConfigAlreadyExistsException",
                f"A deployment configuration already exists with the specified name: {name}",
            )
        key = str(uuid.uuid4())
        self.state.configs[name] = (
            {"computePlatform": "Server"} | params | {"deploymentConfigId": key, "createTime": utcnow()}
        )
        return {"deploymentConfigId": key}

    def get_deployment_config(self, params: Params) -> Params:
        """AWS rejects a name that does not exist."""
        return {"deploymentConfigInfo": self._config(params["deploymentConfigName"])}

    def list_deployment_configs(self, params: Params) -> Params:
        """AWS returns its own configurations too."""
        return {"deploymentConfigsList": list(self.state.configs)}

    def delete_deployment_config(self, params: Params) -> None:
        """AWS rejects the deletion of its own configurations, and of one that a group uses."""
        name = params["deploymentConfigName"]
        if name.startswith("CodeDeployDefault."):
            raise Error("InvalidOperationException", "Default deployment configurations cannot be deleted")
        if any(g["deploymentConfigName"] == name for groups in self.state.groups.values() for g in groups.values()):
            raise Error("DeploymentConfigInUseException", f"The deployment configuration is still in use: {name}")
        self.state.configs.pop(name, None)

    def create_deployment_group(self, params: Params) -> Params:
        """AWS uses the platform's default configuration, and checks the role's trust and an ECS service."""
        application, name = params["applicationName"], params["deploymentGroupName"]
        platform = self._application(application)["computePlatform"]
        if name in self.state.groups[application]:
            raise Error("DeploymentGroupAlreadyExistsException", f"Deployment group name already exists: {name}")
        group = {
            "deploymentGroupId": str(uuid.uuid4()),
            "computePlatform": platform,
            "deploymentConfigName": f"CodeDeployDefault.{_DEFAULT_CONFIG[platform]}",
            "deploymentStyle": {"deploymentType": "IN_PLACE", "deploymentOption": "WITHOUT_TRAFFIC_CONTROL"},
            "outdatedInstancesStrategy": "UPDATE",
            "terminationHookEnabled": False,
        }
        group = self._with_defaults(group, params)
        if platform == "ECS":
            self._check_ecs(group)
        self.state.groups[application][name] = group
        self.state.tags[self._group_arn(application, name)] = as_map(params.get("tags"))
        return {"deploymentGroupId": group["deploymentGroupId"]}

    def get_deployment_group(self, params: Params) -> Params:
        """AWS rejects a name that does not exist."""
        return {"deploymentGroupInfo": self._group(params["applicationName"], params["deploymentGroupName"])}

    def batch_get_deployment_groups(self, params: Params) -> Params:
        """AWS rejects a name that does not exist."""
        names = params["deploymentGroupNames"]
        return {"deploymentGroupsInfo": [self._group(params["applicationName"], name) for name in names]}

    def list_deployment_groups(self, params: Params) -> Params:
        """AWS returns names only."""
        name = params["applicationName"]
        self._application(name)
        return {"applicationName": name, "deploymentGroups": list(self.state.groups[name])}

    def update_deployment_group(self, params: Params) -> Params:
        """AWS replaces the members that are sent."""
        application, old = params["applicationName"], params["currentDeploymentGroupName"]
        new = params.get("newDeploymentGroupName", old)
        group = self._with_defaults(self._group(application, old), params | {"deploymentGroupName": new})
        del self.state.groups[application][old]
        self.state.groups[application][new] = group
        tags = self.state.tags.pop(self._group_arn(application, old))
        self.state.tags[self._group_arn(application, new)] = tags
        return {"hooksNotCleanedUp": []}

    def delete_deployment_group(self, params: Params) -> Params:
        """AWS accepts a name that does not exist."""
        application, name = params["applicationName"], params["deploymentGroupName"]
        self._application(application)
        if self.state.groups[application].pop(name, None):
            del self.state.tags[self._group_arn(application, name)]
        return {"hooksNotCleanedUp": []}

    def create_deployment(self, params: Params) -> Params:
        """AWS starts the deployment; here it stays Created."""
        group = self._group(params["applicationName"], params.get("deploymentGroupName", ""))
        key = f"d-{uuid.uuid4().hex[:9].upper()}"
        self.state.deployments[key] = (
            {"deploymentConfigName": group["deploymentConfigName"]}
            | params
            | {
                "deploymentId": key,
                "status": "Created",
                "createTime": utcnow(),
                "creator": "user",
                "computePlatform": group["computePlatform"],
                "deploymentStyle": group["deploymentStyle"],
            }
        )
        return {"deploymentId": key}

    def get_deployment(self, params: Params) -> Params:
        """AWS rejects an id that does not exist."""
        return {"deploymentInfo": self._deployment(params)}

    def batch_get_deployments(self, params: Params) -> Params:
        """AWS leaves out ids that do not exist."""
        found = (self.state.deployments.get(key) for key in params["deploymentIds"])
        return {"deploymentsInfo": [deployment for deployment in found if deployment]}

    def list_deployments(self, params: Params) -> Params:
        """AWS filters by application, group and status."""
        return {
            "deployments": [
                key
                for key, deployment in self.state.deployments.items()
                if params.get("applicationName") in (None, deployment["applicationName"])
                and params.get("deploymentGroupName") in (None, deployment["deploymentGroupName"])
                and deployment["status"] in params.get("includeOnlyStatuses", [deployment["status"]])
            ]
        }

    def stop_deployment(self, params: Params) -> Params:
        """AWS rejects a deployment that has ended."""
        deployment = self._deployment(params)
        if deployment["status"] != "Created":
            raise Error(
                "DeploymentAlreadyCompletedException", f"The deployment is already completed: {params['deploymentId']}"
            )
        deployment.update(status="Stopped", completeTime=utcnow())
        return {"status": "Succeeded", "statusMessage": "No more commands will be scheduled for execution"}

    def _with_defaults(self, group: Params, params: Params) -> Params:
        self._config(params.get("deploymentConfigName", group["deploymentConfigName"]))
        role = params.get("serviceRoleArn")
        if role and not core.is_service_trusted(self.current_account, self.partition, role, "codedeploy.amazonaws.com"):
            raise Error(
                "InvalidRoleException",
                f"AWS CodeDeploy does not have the permissions required to assume the role {role}.",
            )
        complete: Params = group | {
            key: value
            for key, value in params.items()
            if key not in ("tags", "currentDeploymentGroupName", "newDeploymentGroupName")
        }
        if "autoScalingGroups" in params:
            complete["autoScalingGroups"] = [{"name": name} for name in params["autoScalingGroups"]]
        return complete

    def _check_ecs(self, group: Params) -> None:
        """Checks the style and the service of an ECS group. A missing service is accepted."""
        style = {"deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL"}
        if group["deploymentStyle"] != style:
            raise Error(
                "InvalidDeploymentStyleException",
                "A deployment group of ECS deploys BLUE_GREEN and WITH_TRAFFIC_CONTROL",
            )
        if not group.get("ecsServices"):
            raise Error("InvalidECSServiceException", "A deployment group of ECS needs a service")
        services = ecs_backends[self.current_account][self.region].services
        for one in group["ecsServices"]:
            service = services.get(f"{one['clusterName']}:{one['serviceName']}")
            if service is not None and service.deployment_controller["type"] != "CODE_DEPLOY":
                raise Error(
                    "InvalidECSServiceException",
                    "Deployment group's ECSService must be configured for a CODE_DEPLOY deployment controller.",
                )

    def _application(self, name: str) -> Params:
        if name not in self.state.applications:
            raise Error("ApplicationDoesNotExistException", f"No application found for name: {name}")
        return self.state.applications[name]

    def _group(self, application: str, name: str) -> Params:
        self._application(application)
        if name not in self.state.groups[application]:
            raise Error("DeploymentGroupDoesNotExistException", f"No Deployment Group found for name: {name}")
        return self.state.groups[application][name]

    def _config(self, name: str) -> Params:
        if name not in self.state.configs:
            raise Error("DeploymentConfigDoesNotExistException", f"No deployment configuration found for name: {name}")
        return self.state.configs[name]

    def _deployment(self, params: Params) -> Params:
        if params["deploymentId"] not in self.state.deployments:
            raise Error(
                "DeploymentDoesNotExistException", f"The deployment {params['deploymentId']} could not be found"
            )
        return self.state.deployments[params["deploymentId"]]

    def _application_arn(self, name: str) -> str:
        return self.arn(f"application:{name}")

    def _group_arn(self, application: str, name: str) -> str:
        return self.arn(f"deploymentgroup:{application}/{name}")


def install() -> None:
    core.serve(CodeDeploy, "codedeploy")
