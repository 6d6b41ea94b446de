"""Signer: the platform for container images, signatures and their revocation, the permissions of a profile."""

import base64
import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from moto.core import DEFAULT_ACCOUNT_ID
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


_PAYLOAD = "application/vnd.cncf.notary.payload.v1+json"
_PLUGIN = "com.amazonaws.signer.notation.plugin"
_TEN_YEARS = timedelta(days=3650)


class Signer(core.Service):
    model = "signer"
    backends = signer_backends
    fallback = SignerResponse

    def get_signing_platform(self, params: Params) -> Params:
        """AWS rejects an unknown platform."""
        for platform in SignerBackend.platforms:
            if platform["platformId"] == params["platformId"]:
                return platform
        raise Error("ResourceNotFoundException", f"No platform {params['platformId']}")

    def put_signing_profile(self, params: Params) -> TYPE_RESPONSE:
        """AWS rejects an unknown platform, and a name that was ever used."""
        self.get_signing_platform(params)
        if params["profileName"] in self.state.signing_profiles:
            raise Error("ValidationException", f"The signing profile {params['profileName']} already exists")
        return self.call_moto()

    def list_signing_profiles(self, params: Params) -> Params:
        """AWS lists cancelled profiles only on request; here all are on one page."""
        wanted = params.get("statuses", []) + (["Canceled"] if params.get("includeCanceled") else [])
        return {
            "profiles": [
                {
                    "profileName": profile.name,
                    "profileVersion": profile.profile_version,
                    "profileVersionArn": profile.profile_version_arn,
                    "platformId": profile.platform_id,
                    "status": profile.status,
                    "arn": profile.arn,
                }
                for profile in self.state.signing_profiles.values()
                if profile.status in ["Active", *wanted]
            ]
        }

    def get_signing_profile(self, params: Params) -> TYPE_RESPONSE:
        """AWS returns a cancelled profile too, and rejects a name that does not exist."""
        self._profile(params["profileName"])
        return self.call_moto()

    def cancel_signing_profile(self, params: Params) -> TYPE_RESPONSE:
        """AWS keeps a cancelled profile, and rejects a name that does not exist."""
        self._profile(params["profileName"])
        return self.call_moto()

    def sign_payload(self, params: Params) -> Params:
        """AWS returns an envelope of the Notary Project: a JWS with the profile and the job."""
        profile = self._profile(params["profileName"])
        if params["payloadFormat"] != _PAYLOAD:
            raise Error("ValidationException", f"Payload format {params['payloadFormat']} is not supported")
        if profile.platform_id != _NOTATION["platformId"]:
            raise Error("ValidationException", f"Platform {profile.platform_id} signs no payload")
        if profile.status != "Active":
            raise Error("ValidationException", f"Profile {profile.name} is not active: {profile.status}")
        job = str(uuid.uuid4())
        attributes = {
            "com.amazonaws.signer.signingJob": self.arn(f"/signing-jobs/{job}"),
            "com.amazonaws.signer.signingProfileVersion": profile.profile_version_arn,
        }
        return {
            "jobId": job,
            "jobOwner": self.current_account,
            "signature": _envelope(params["payload"], attributes),
            "metadata": {},
        }

    def revoke_signing_profile(self, params: Params) -> None:
        """AWS revokes one version of a profile from a given time."""
        profile = self._profile(params["profileName"])
        if params["profileVersion"] != profile.profile_version:
            raise Error("ResourceNotFoundException", f"No version {params['profileVersion']} of {profile.name}")
        profile.status = "Revoked"
        profile.revoked = _time(params["effectiveTime"])

    def get_revocation_status(self, params: Params) -> Params:
        """AWS returns the revoked profile, job and certificates; here only a profile can be revoked."""
        at = _time(params["signatureTimestamp"])
        return {
            "revokedEntities": [
                profile.profile_version_arn
                for profile in self.state.signing_profiles.values()
                if profile.profile_version_arn == params["profileVersionArn"]
                and getattr(profile, "revoked", at + _TEN_YEARS) <= at
            ]
        }

    def add_profile_permission(self, params: Params) -> Params:
        """AWS adds a statement to the policy and sets a new revision."""
        permissions = self._permissions(params["profileName"])
        if params["statementId"] in permissions:
            raise Error("ConflictException", f"Statement {params['statementId']} already exists")
        permissions[params["statementId"]] = {
            key: params[key] for key in ("action", "principal", "statementId", "profileVersion") if key in params
        }
        return self._revise(params["profileName"])

    def list_profile_permissions(self, params: Params) -> Params:
        """AWS rejects a profile without a policy."""
        permissions = self._permissions(params["profileName"])
        if not permissions:
            raise Error("ResourceNotFoundException", f"No policy for profile {params['profileName']}")
        revision = self._profile(params["profileName"]).revision
        return {"revisionId": revision, "permissions": list(permissions.values())}

    def remove_profile_permission(self, params: Params) -> Params:
        """AWS requires the latest revision."""
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


def root_certificate() -> str:
    """The root certificate of all signatures, in base64. AWS publishes its own."""
    return _base64(_authority()[1].public_bytes(serialization.Encoding.DER))


def _authority() -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    """The root key and certificate: one for all accounts, stored with the state."""
    state: dict[str, Any] = vars(signer_backends[DEFAULT_ACCOUNT_ID]["us-east-1"])
    if "authority" not in state:
        key = ec.generate_private_key(ec.SECP384R1())
        certificate = _certificate("Signer Root CA", key.public_key(), None, key)
        state["authority"] = (_pem(key), certificate.public_bytes(serialization.Encoding.PEM))
    key, certificate = state["authority"]
    private: Any = serialization.load_pem_private_key(key, None)
    return private, x509.load_pem_x509_certificate(certificate)


def _certificate(
    name: str, public: Any, issuer: x509.Certificate | None, by: ec.EllipticCurvePrivateKey
) -> x509.Certificate:
    """A certificate as the Notary Project requires it: a root, or one that only signs code."""
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "US"),
            x509.NameAttribute(NameOID.STATE_OR_PROVINCE_NAME, "WA"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "prodgate sandbox"),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )
    now = datetime.now(UTC)
    is_root = issuer is None
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if issuer is None else issuer.subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + (_TEN_YEARS if is_root else timedelta(days=30)))
        .add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=not is_root, key_cert_sign=is_root, crl_sign=is_root, content_commitment=False,
                key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
    )  # fmt: skip
    if not is_root:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
    return builder.sign(by, hashes.SHA384())


def _envelope(payload: bytes, attributes: dict[str, str]) -> bytes:
    """The payload in a JWS, signed with a new key whose certificate the root signs."""
    by, authority = _authority()
    key = ec.generate_private_key(ec.SECP384R1())
    chain = [_certificate("Signer", key.public_key(), authority, by), authority]
    now = datetime.now(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")
    head = {
        "alg": "ES384",
        "cty": _PAYLOAD,
        "crit": [
            "io.cncf.notary.signingScheme",
            "io.cncf.notary.authenticSigningTime",
            "io.cncf.notary.verificationPlugin",
            *attributes,
        ],
        "io.cncf.notary.signingScheme": "notary.x509.signingAuthority",
        "io.cncf.notary.authenticSigningTime": now,
        "io.cncf.notary.verificationPlugin": _PLUGIN,
    } | attributes
    protected, content = _base64url(json.dumps(head).encode()), _base64url(payload)
    signature = key.sign(f"{protected}.{content}".encode(), ec.ECDSA(hashes.SHA384()))
    numbers = b"".join(number.to_bytes(48, "big") for number in decode_dss_signature(signature))
    return json.dumps(
        {
            "payload": content,
            "protected": protected,
            "header": {
                "x5c": [_base64(one.public_bytes(serialization.Encoding.DER)) for one in chain],
                "io.cncf.notary.signingAgent": "prodgate sandbox/1.0",
            },
            "signature": _base64url(numbers),
        }
    ).encode()


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _base64url(content: bytes) -> str:
    """base64 in the form of a JWS."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _time(value: Any) -> datetime:
    """A time of a request: a number in a body, text in a URL."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    return datetime.fromisoformat(value.replace("Z", "+00:00"))


def install() -> None:
    SignerBackend.platforms = [*SignerBackend.platforms, _NOTATION]
    core.extend_moto(
        Signer,
        "/signing-profiles/(?P<profile_name>[^/]+)/permissions(?P<rest>.*)$",
        "/signing-profiles/(?P<profile_name>[^/]+)/revoke$",
        "/signing-profiles$",
        "/signing-platforms/(?P<platform>.+)$",
        "/signing-jobs/with-payload$",
        "/revocations$",
    )
