"""Signer: the platform for container images, and the permissions of a profile."""

import uuid
from typing import Any

from moto.core.common_types import TYPE_RESPONSE
from moto.signer.models import SignerBackend, signer_backends
from moto.signer.responses import SignerResponse

from . import core
from .core import Error, Params

_NOTATION = {
    "platformId": "Notation-OCI-SHA384-ECDSA",
    "displayName": "Notation for Container Registries",
    "partner": "",
    "target": "",
    "category": "AWS",
    "signingConfiguration": {
        "encryptionAlgorithmOptions": {"allowedValues": ["ECDSA"], "defaultValue": "ECDSA"},
        "hashAlgorithmOptions": {"allowedValues": ["SHA384"], "defaultValue": "SHA384"},
    },
    "signingImageFormat": {"supportedFormats": ["JSONDetached"], "defaultFormat": "JSONDetached"},
    "maxSizeInMB": 0,
    "revocationSupported": True,
}


class Signer(core.Service):
    model = "signer"
    backends = signer_backends
    stock = SignerResponse

    def get_signing_platform(self, params: Params) -> Params:
        """AWS refuses a platform that it does not have."""
        for platform in SignerBackend.platforms:
            if platform["platformId"] == params["platformId"]:
                return platform
        raise Error("ResourceNotFoundException", f"No platform {params['platformId']}")

    def put_signing_profile(self, params: Params) -> TYPE_RESPONSE:
        """AWS refuses a platform that it does not have, and a name that was ever used."""
        self.get_signing_platform(params)
        if params["profileName"] in self.state.signing_profiles:
            raise Error("ValidationException", f"The signing profile {params['profileName']} already exists")
        return self.moto()

    def get_signing_profile(self, params: Params) -> TYPE_RESPONSE:
        """AWS answers a profile that was cancelled too, and refuses a name that is not there."""
        self._profile(params["profileName"])
        return self.moto()

    def cancel_signing_profile(self, params: Params) -> TYPE_RESPONSE:
        """AWS keeps a profile that was cancelled, and refuses a name that is not there."""
        self._profile(params["profileName"])
        return self.moto()

    def add_profile_permission(self, params: Params) -> Params:
        """AWS makes a statement of a policy, which has a revision."""
        permissions = self._permissions(params["profileName"])
        if params["statementId"] in permissions:
            raise Error("ConflictException", f"Statement {params['statementId']} already exists")
        permissions[params["statementId"]] = {
            key: params[key] for key in ("action", "principal", "statementId", "profileVersion") if key in params
        }
        return self._revise(params["profileName"])

    def list_profile_permissions(self, params: Params) -> Params:
        """AWS refuses a profile that has no policy."""
        permissions = self._permissions(params["profileName"])
        if not permissions:
            raise Error("ResourceNotFoundException", f"No policy for profile {params['profileName']}")
        revision = self._profile(params["profileName"]).revision
        return {"revisionId": revision, "permissions": list(permissions.values())}

    def remove_profile_permission(self, params: Params) -> Params:
        """AWS wants the latest revision."""
        permissions = self._permissions(params["profileName"])
        if params["statementId"] not in permissions:
            raise Error("ResourceNotFoundException", f"No statement {params['statementId']}")
        if params["revisionId"] != self._profile(params["profileName"]).revision:
            raise Error("ConflictException", "The revision is not the latest")
        del permissions[params["statementId"]]
        return self._revise(params["profileName"])

    def _profile(self, name: str) -> Any:
        profile = self.state.signing_profiles.get(name)
        if profile is None:
            raise Error("ResourceNotFoundException", f"Profile {name} not found")
        return profile

    def _permissions(self, name: str) -> dict[str, Params]:
        permissions: dict[str, Params] = vars(self._profile(name)).setdefault("permissions", {})
        return permissions

    def _revise(self, name: str) -> Params:
        self._profile(name).revision = str(uuid.uuid4())
        return {"revisionId": self._profile(name).revision}


def install() -> None:
    SignerBackend.platforms = [*SignerBackend.platforms, _NOTATION]
    core.serve_over(
        Signer,
        "/signing-profiles/(?P<profile_name>[^/]+)/permissions(?P<rest>.*)$",
        "/signing-platforms/(?P<platform>.+)$",
    )
