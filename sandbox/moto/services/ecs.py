"""ECS: the members of a service that moto drops."""

from botocore import xform_name
from moto.core.common_types import TYPE_RESPONSE
from moto.ecs.models import ecs_backends
from moto.ecs.responses import EC2ContainerServiceResponse

from . import core
from .core import Params

_KEPT = (
    "availabilityZoneRebalancing",
    "capacityProviderStrategy",
    "deploymentConfiguration",
    "enableECSManagedTags",
    "enableExecuteCommand",
    "healthCheckGracePeriodSeconds",
)


class Ecs(core.Service):
    model = "ecs"
    backends = ecs_backends
    stock = EC2ContainerServiceResponse
    invalid = "InvalidParameterException"

    def list_clusters(self, params: Params) -> Params:
        """AWS does not list a cluster that was deleted; it can still be described for a while."""
        return {"clusterArns": [cluster.arn for cluster in self.state.clusters.values() if cluster.status == "ACTIVE"]}

    def create_service(self, params: Params) -> Params | TYPE_RESPONSE:
        """AWS answers the service with all that was sent."""
        return self._kept(params, params["serviceName"])

    def update_service(self, params: Params) -> Params | TYPE_RESPONSE:
        """AWS replaces the members that are sent."""
        return self._kept(params, params["service"])

    def _kept(self, params: Params, name: str) -> Params | TYPE_RESPONSE:
        answer = self.moto()
        if answer[0] != 200:
            return answer
        [service], _ = self.state.describe_services(params.get("cluster", "default"), [name])
        for key in _KEPT:
            if key in params:
                # The serializer looks for attributes under these names.
                setattr(service, xform_name(key), params[key])
        return {"service": service}


def install() -> None:
    core.serve_over(Ecs)
