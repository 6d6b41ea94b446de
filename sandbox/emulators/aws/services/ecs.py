"""ECS: the members of a service that moto drops, and the tasks that it runs."""

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

_KEPT = (
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
    stock = EC2ContainerServiceResponse
    invalid = "InvalidParameterException"

    def list_clusters(self, params: Params) -> Params:
        """AWS does not list a cluster that was deleted; it can still be described for a while."""
        return {"clusterArns": [cluster.arn for cluster in self.state.clusters.values() if cluster.status == "ACTIVE"]}

    def create_service(self, params: Params) -> Params | TYPE_RESPONSE:
        """AWS answers the service with all that was sent; one that CodeDeploy deploys to begins with a task set."""
        answer = self._kept(params, params["serviceName"])
        if isinstance(answer, dict) and answer["service"].deployment_controller["type"] == "CODE_DEPLOY":
            self._begin(answer["service"], params)
        return answer

    def update_service(self, params: Params) -> Params | TYPE_RESPONSE:
        """AWS replaces the members that are sent."""
        return self._kept(params, params["service"])

    def describe_services(self, params: Params) -> TYPE_RESPONSE:
        """AWS answers how far the deployment is."""
        services, _ = self.state.describe_services(params.get("cluster", "default"), params["services"])
        for service in services:
            self._settle(service)
        return self.moto()

    def list_tasks(self, params: Params) -> Params | TYPE_RESPONSE:
        """AWS answers the tasks of a service in pages."""
        if "serviceName" not in params:
            return self.moto()
        service = self._service(params.get("cluster", "default"), params["serviceName"])
        wanted = params.get("desiredStatus", "RUNNING")
        arns = [task["taskArn"] for task in self._tasks(service) if task["desiredStatus"] == wanted]
        start, size = int(params.get("nextToken", 0)), params.get("maxResults", _PAGE)
        more = {"nextToken": str(start + size)} if start + size < len(arns) else {}
        return {"taskArns": arns[start : start + size]} | more

    def describe_tasks(self, params: Params) -> Params | TYPE_RESPONSE:
        """AWS takes a hundred at once."""
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
            return self.moto()
        return {
            "tasks": [known[arn] for arn in params["tasks"] if arn in known],
            "failures": [{"arn": arn, "reason": "MISSING"} for arn in params["tasks"] if arn not in known],
        }

    def _kept(self, params: Params, name: str) -> Params | TYPE_RESPONSE:
        answer = self.moto()
        if answer[0] != 200:
            return answer
        service = self._service(params.get("cluster", "default"), name)
        for key in _KEPT:
            if key in params:
                # The serializer looks for attributes under these names.
                setattr(service, xform_name(key), params[key])
        if "taskDefinition" in params:
            # AWS answers the ARN, whatever was sent.
            service.task_definition = self.state.describe_task_definition(params["taskDefinition"]).arn
        self._settle(service)
        return {"service": service}

    def _service(self, cluster: str, name: str) -> Service:
        services, _ = self.state.describe_services(cluster, [name])
        if not services:
            raise Error("ServiceNotFoundException", "Service not found.")
        service: Service = services[0]
        return service

    def _begin(self, service: Service, params: Params) -> None:
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

    def _settle(self, service: Service) -> None:
        """A deployment is over as soon as somebody looks, unless somebody said how it is."""
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
        """What the service runs: what somebody said, else as many as it shall, all of its task definition."""
        said = vars(service).get("said")
        if said is None:
            said = [{}] * service.desired_count if service.task_definition and service.status == "ACTIVE" else []
        return [self._task(service, index, one) for index, one in enumerate(said)]

    def _task(self, service: Service, index: int, said: Params) -> Params:
        definition = self.state.describe_task_definition(said.get("taskDefinition", service.task_definition))
        key = hashlib.md5(f"{service.arn} {definition.arn} {index}".encode(), usedforsecurity=False).hexdigest()
        status = said.get("lastStatus", "RUNNING")
        arn = f"arn:{self.partition}:ecs:{self.region}:{self.current_account}:task/{service.cluster_name}/{key}"
        return {
            "taskArn": arn,
            "clusterArn": service.cluster_arn,
            "taskDefinitionArn": definition.arn,
            "group": f"service:{service.name}",
            "launchType": service.launch_type,
            "desiredStatus": said.get("desiredStatus", "RUNNING"),
            "lastStatus": status,
            "containers": [
                {"name": one["name"], "image": one["image"], "taskArn": arn, "lastStatus": status}
                | self._digest(one["image"], said.get("imageDigest"))
                for one in definition.container_definitions
            ],
        }

    def _digest(self, image: str, said: str | None) -> Params:
        """A task keeps the digest of what it pulled, by whatever name."""
        name, _, digest = image.partition("@")
        if not (said or digest):
            name, _, tag = name.partition(":")
            repositories = ecr_backends[self.current_account][self.region].repositories
            known = repositories.get(name.partition("/")[2])
            images = known.images if known is not None else []
            digest = next((one.get_image_digest() for one in images if (tag or "latest") in one.image_tags), "")
        return {"imageDigest": said or digest} if said or digest else {}


def run(region: str, cluster: str, service: str, tasks: list[Params] | None = None, rollout: str | None = None) -> None:
    """Says what a service runs, and how far its deployment is; None for what follows from the service itself.

    A task has taskDefinition, desiredStatus, lastStatus and the imageDigest of all of its containers.
    """
    account = os.environ.get("MOTO_ACCOUNT_ID", DEFAULT_ACCOUNT_ID)
    found: Any = ecs_backends[account][region].services[f"{cluster}:{service}"]
    found.said, found.rollout = tasks, rollout


def install() -> None:
    core.serve_over(Ecs)
