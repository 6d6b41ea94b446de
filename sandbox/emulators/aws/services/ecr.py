"""ECR: the scan setting of a repository, and the findings of an image."""

import os
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.common_types import TYPE_RESPONSE
from moto.core.utils import utcnow
from moto.ecr.models import ecr_backends
from moto.ecr.responses import ECRResponse

from . import core
from .core import Error, Params


class Ecr(core.Service):
    model = "ecr"
    backends = ecr_backends
    fallback = ECRResponse
    invalid = "InvalidParameterException"

    def put_image_scanning_configuration(self, params: Params) -> Params:
        """AWS turns scanning on and off, and returns the setting."""
        repository = self._repository(params)
        repository.image_scanning_configuration = {"scanOnPush": False} | params["imageScanningConfiguration"]
        return {
            "registryId": repository.registry_id,
            "repositoryName": repository.name,
            "imageScanningConfiguration": repository.image_scanning_configuration,
        }

    def describe_image_scan_findings(self, params: Params) -> Params | TYPE_RESPONSE:
        """AWS returns pages. Nothing is scanned here: an image of a repository that scans has no findings."""
        repository = self._repository(params)
        wanted = params["imageId"]
        image = repository._get_image(wanted.get("imageTag"), wanted.get("imageDigest"))
        digest = image.get_image_digest()
        pending = _scans(self.state).get((repository.name, digest))
        if pending is None and not repository.image_scanning_configuration["scanOnPush"]:
            return self.call_moto()
        scan = pending[0] if pending else {"status": "COMPLETE", "findings": []}
        # The last scan stays; the pages of one response belong to the same scan.
        if pending and len(pending) > 1 and "nextToken" not in params:
            scan = pending.pop(0)
        if "status" not in scan:
            raise Error("ScanNotFoundException", f"Image scan does not exist for the image with '{wanted}'")
        start, size = int(params.get("nextToken", 0)), params.get("maxResults", 100)
        found: Params = {"imageScanCompletedAt": utcnow(), "vulnerabilitySourceUpdatedAt": utcnow()}
        for kind in ("findings", "enhancedFindings"):
            if kind in scan:
                found[kind] = scan[kind][start : start + size]
        response = {
            "registryId": repository.registry_id,
            "repositoryName": repository.name,
            "imageId": wanted | {"imageDigest": digest},
            "imageScanStatus": {"status": scan["status"], "description": scan.get("description", "")},
            "imageScanFindings": found,
        }
        if start + size < max(len(scan.get(kind, [])) for kind in ("findings", "enhancedFindings")):
            response["nextToken"] = str(start + size)
        return response

    def _repository(self, params: Params) -> Any:
        [repository] = self.state.describe_repositories(
            repository_names=[params["repositoryName"]], registry_id=params.get("registryId")
        )
        return repository


def set_findings(region: str, repository: str, digest: str, scans: list[Params]) -> None:
    """Sets the scans of an image: each request uses up one, and the last stays.

    A scan has status, description, findings and enhancedFindings; without a status the image is not scanned.
    """
    account = os.environ.get("MOTO_ACCOUNT_ID", DEFAULT_ACCOUNT_ID)
    _scans(ecr_backends[account][region])[repository, digest] = list(scans)


def _scans(state: Any) -> dict[tuple[str, str], list[Params]]:
    scans: dict[tuple[str, str], list[Params]] = vars(state).setdefault("scans", {})
    return scans


def install() -> None:
    core.extend_moto(Ecr)
