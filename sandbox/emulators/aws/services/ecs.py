"""ECS: the members of a service that moto drops, and its tasks."""

# pyright: reportAttributeAccessIssue=false, reportArgumentType=false, reportReturnType=false

import hashlib
import os
from typing import Any

from botocore import xform_name
from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.common_types import TYPE_RESPONSE
from moto.ecr.models import ecr_backends
from moto.ecs.models import Service, TaskSet, ecs_backends
from moto.ecs.responses import EC2ContainerServiceResponse

from . import core
from .core import Error, Params

_EXTRA_MEMBERS = (
    "availabilityZoneRebalancing",
    "capacityProviderStrategy",
    "deploymentConfiguration",
    "enableECSManagedTags",
    "enableExecuteCommand",
    "healthCheckGracePeriodSeconds",
)
_PAGE = 100


class Ecs(core.Service):
    model = "ecs"
    backends = ecs_backends
    fallback = EC2ContainerServiceResponse
    invalid = "InvalidParameterException"

    def list_clusters(self, params: Params) -> Params:
        """AWS does not list a deleted cluster, which can still be described for a while."""
        return {"clusterArns": [cluster.arn for cluster in self.state.clusters.values() if cluster.status == "ACTIVE"]}

    def create_service(self, params: Params) -> Params | TYPE_RESPONSE:
        """AWS returns the service with every member that was sent; a service of CodeDeploy begins with a task set."""
        response = self._store_members(params, params["serviceName"])
        if isinstance(response, dict) and response["service"].deployment_controller["type"] == "CODE_DEPLOY":
            self._create_task_set(response["service"], params)
        return response

    def update_service(self, params: Params) -> Params | TYPE_RESPONSE:
        """AWS replaces the members that are sent."""
        return self._store_members(params, params["service"])

    def describe_services(self, params: Params) -> TYPE_RESPONSE:
        """AWS returns the state of the deployment."""
        services, _ = self.state.describe_services(params.get("cluster", "default"), params["services"])
        for service in services:
            self._update_deployments(service)
        return self.call_moto()

    def list_tasks(self, params: Params) -> Params | TYPE_RESPONSE:
        """AWS returns the tasks of a service in pages."""
        if "serviceName" not in params:
            return self.call_moto()
        service = self._service(params.get("cluster", "default"), params["serviceName"])
        wanted = params.get("desiredStatus", "RUNNING")
        arns = [task["taskArn"] for task in self._tasks(service) if task["desiredStatus"] == wanted]
        start, size = int(params.get("nextToken", 0)), params.get("maxResults", _PAGE)
        more = {"nextToken": str(start + size)} if start + size < len(arns) else {}
        return {"taskArns": arns[start : start + size]} | more

    def describe_tasks(self, params: Params) -> Params | TYPE_RESPONSE:
        """AWS accepts at most a hundred tasks."""
        if len(params["tasks"]) > _PAGE:
            raise Error("InvalidParameterException", f"Tasks cannot be more than {_PAGE}.")
        cluster = self.state._get_cluster(params.get("cluster", "default")).arn
        known = {
            task["taskArn"]: task
            for service in self.state.services.values()
            if service.cluster_arn == cluster
            for task in self._tasks(service)
        }
        if not any(arn in known for arn in params["tasks"]):
            return self.call_moto()
        return {
            "tasks": [known[arn] for arn in params["tasks"] if arn in known],
            "failures": [{"arn": arn, "reason": "MISSING"} for arn in params["tasks"] if arn not in known],
        }

    def _store_members(self, params: Params, name: str) -> Params | TYPE_RESPONSE:
        response = self.call_moto()
        if response[0] != 200:
            return response
        service = self._service(params.get("cluster", "default"), name)
        for key in _EXTRA_MEMBERS:
            if key in params:
                # The serializer reads attributes with these names.
                setattr(service, xform_name(key), params[key])
        if "taskDefinition" in params:
            # AWS returns the ARN, even for a family and revision.
            service.task_definition = self.state.describe_task_definition(params["taskDefinition"]).arn
        self._update_deployments(service)
        return {"service": service}

    def _service(self, cluster: str, name: str) -> Service:
        services, _ = self.state.describe_services(cluster, [name])
        if not services:
            raise Error("ServiceNotFoundException", "Service not found.")
        service: Service = services[0]
        return service

    def _create_task_set(self, service: Service, params: Params) -> None:
        service.task_sets = [
            TaskSet(
                service.name,
                service.cluster_name,
                service.task_definition or "",
                self.current_account,
                self.region,
                load_balancers=params.get("loadBalancers"),
                launch_type=params.get("launchType"),
            )
        ]
        [first] = service.task_sets
        first.status, first.service_arn, first.cluster_arn = "PRIMARY", service.arn, service.cluster_arn

    def _update_deployments(self, service: Service) -> None:
        """A deployment is complete when it is read, unless set_tasks says otherwise."""
        running = sum(task["lastStatus"] == "RUNNING" for task in self._tasks(service))
        service.running_count, service.pending_count = running, max(0, service.desired_count - running)
        done = running == service.desired_count
        counts = {
            "desiredCount": service.desired_count,
            "runningCount": running,
            "pendingCount": service.pending_count,
            "taskDefinition": service.task_definition,
        }
        rollout = vars(service).get("rollout") or ("COMPLETED" if done else "IN_PROGRESS")
        for deployment in service.deployments:
            key = deployment["id"]
            state = f"ECS deployment {key} {rollout.lower().replace('_', ' ')}."
            deployment.update(counts | {"rolloutState": rollout, "rolloutStateReason": state})
        for one in service.task_sets:
            of_it = running if one.status == "PRIMARY" else 0
            one.runningCount, one.pendingCount, one.computedDesiredCount = of_it, 0, of_it
            one.stabilityStatus = "STEADY_STATE" if rollout == "COMPLETED" else "STABILIZING"

    def _tasks(self, service: Service) -> list[Params]:
        """The tasks of the service: those of set_tasks, else the desired count of its task definition."""
        declared = vars(service).get("declared_tasks")
        if declared is None:
            declared = [{}] * service.desired_count if service.task_definition and service.status == "ACTIVE" else []
        return [self._task(service, index, one) for index, one in enumerate(declared)]

    def _task(self, service: Service, index: int, declared: Params) -> Params:
        definition = self.state.describe_task_definition(declared.get("taskDefinition", service.task_definition))
        key = hashlib.md5(f"{service.arn} {definition.arn} {index}".encode(), usedforsecurity=False).hexdigest()
        status = declared.get("lastStatus", "RUNNING")
        arn = f"arn:{self.partition}:ecs:{self.region}:{self.current_account}:task/{service.cluster_name}/{key}"
        return {
            "taskArn": arn,
            "clusterArn": service.cluster_arn,
            "taskDefinitionArn": definition.arn,
            "group": f"service:{service.name}",
            "launchType": service.launch_type,
            "desiredStatus": declared.get("desiredStatus", "RUNNING"),
            "lastStatus": status,
            "containers": [
                {"name": one["name"], "image": one["image"], "taskArn": arn, "lastStatus": status}
                | self._digest(one["image"], declared.get("imageDigest"))
                for one in definition.container_definitions
            ],
        }

    def _digest(self, image: str, declared: str | None) -> Params:
        """A task has the digest of the image that it pulled by digest or by tag."""
        name, _, digest = image.partition("@")
        if not (declared or digest):
            name, _, tag = name.partition(":")
            repositories = ecr_backends[self.current_account][self.region].repositories
            known = repositories.get(name.partition("/")[2])
            images = known.images if known is not None else []
            digest = next((one.get_image_digest() for one in images if (tag or "latest") in one.image_tags), "")
        return {"imageDigest": declared or digest} if declared or digest else {}


def set_tasks(
    region: str, cluster: str, service: str, tasks: list[Params] | None = None, rollout: str | None = None
) -> None:
    """Sets the tasks of a service and the state of its deployment; None derives them from the service.

    A task has taskDefinition, desiredStatus, lastStatus and one imageDigest for all of its containers.
    """
    account = os.environ.get("MOTO_ACCOUNT_ID", DEFAULT_ACCOUNT_ID)
    found: Any = ecs_backends[account][region].services[f"{cluster}:{service}"]
    found.declared_tasks, found.rollout = tasks, rollout


def install() -> None:
    core.extend_moto(Ecs)
