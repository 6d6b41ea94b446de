"""ECR: the scan setting of a repository."""

from moto.ecr.models import ecr_backends
from moto.ecr.responses import ECRResponse

from . import core
from .core import Params


class Ecr(core.Service):
    model = "ecr"
    backends = ecr_backends
    stock = ECRResponse
    invalid = "InvalidParameterException"

    def put_image_scanning_configuration(self, params: Params) -> Params:
        """AWS stores what is sent, in both directions, and answers it."""
        [repository] = self.state.describe_repositories(
            repository_names=[params["repositoryName"]], registry_id=params.get("registryId")
        )
        repository.image_scanning_configuration = {"scanOnPush": False} | params["imageScanningConfiguration"]
        return {
            "registryId": repository.registry_id,
            "repositoryName": repository.name,
            "imageScanningConfiguration": repository.image_scanning_configuration,
        }


def install() -> None:
    core.serve_over(Ecr)
