"""KMS: the rotation period of a key."""

# pyright: reportAttributeAccessIssue=false, reportArgumentType=false, reportReturnType=false

from datetime import timedelta

from moto.core.utils import utcfromtimestamp
from moto.kms.models import Key, kms_backends
from moto.kms.responses import KmsResponse

from . import core
from .core import Error, Params


class Kms(core.Service):
    model = "kms"
    backends = kms_backends
    fallback = KmsResponse

    def enable_key_rotation(self, params: Params) -> None:
        """AWS rotates symmetric keys of its own making only, every 90 to 2560 days, by default 365."""
        key = self._key(params)
        if key.key_spec != "SYMMETRIC_DEFAULT":
            raise Error("UnsupportedOperationException", "")
        key.key_rotation_status = True
        key.rotation_period = params.get("RotationPeriodInDays", getattr(key, "rotation_period", 365))

    def get_key_rotation_status(self, params: Params) -> Params:
        """AWS returns the period and the date of the next rotation while rotation is on."""
        key = self._key(params)
        status: Params = {"KeyId": key.arn, "KeyRotationEnabled": key.key_rotation_status}
        if key.key_rotation_status:
            status["RotationPeriodInDays"] = key.rotation_period
            status["NextRotationDate"] = utcfromtimestamp(int(key.creation_date)) + timedelta(days=key.rotation_period)
        return status

    def _key(self, params: Params) -> Key:
        key: Key | None = self.state.keys.get(self.state.get_key_id(params["KeyId"]))
        if key is None:
            raise Error("NotFoundException", f"Key '{params['KeyId']}' does not exist")
        if key.key_state == "PendingDeletion":
            raise Error("KMSInvalidStateException", f"{key.arn} is pending deletion.")
        return key


def find(account: str, region: str, name: str) -> Key | None:
    """Finds a key by its id, its alias, or the ARN of either."""
    for key in list(kms_backends[account][region].keys.values()):
        place = key.arn.rpartition(":")[0]
        if name in (key.id, key.arn, *key.aliases, *(f"{place}:{alias}" for alias in key.aliases)):
            return key
    return None


def install() -> None:
    core.extend_moto(Kms)
