"""Secrets Manager: rotation of a secret without a value, and the name of a secret scheduled for deletion."""

from moto.awslambda.utils import get_backend
from moto.core.common_types import TYPE_RESPONSE
from moto.secretsmanager.models import secretsmanager_backends
from moto.secretsmanager.responses import SecretsManagerResponse

from . import core
from .core import Error, Params


class SecretsManager(core.Service):
    model = "secretsmanager"
    backends = secretsmanager_backends
    fallback = SecretsManagerResponse
    invalid = "InvalidParameterException"

    def create_secret(self, params: Params) -> TYPE_RESPONSE:
        """AWS reserves the name of a secret until its deletion is complete."""
        secret = self.state.secrets.get(params["Name"])
        if secret and secret.is_deleted():
            raise Error(
                "InvalidRequestException",
                "You can't create this secret because a secret with this name is already scheduled for deletion.",
            )
        return self.call_moto()

    def rotate_secret(self, params: Params) -> Params | TYPE_RESPONSE:
        """AWS accepts rotation settings for a secret without a value, and keeps the versions if rotation starts later.

        AWS first runs the function's test step with a version that it deletes afterwards. moto fails for a secret
        without a value, and leaves a version behind if rotation does not start at once.
        """
        secret = self.state.describe_secret(params["SecretId"])
        if secret.is_deleted() or (secret.versions and params.get("RotateImmediately", True)):
            return self.call_moto()
        function = params.get("RotationLambdaARN") or secret.rotation_lambda_arn
        if not function:
            raise Error("InvalidRequestException", "No Lambda rotation function ARN is associated with this secret.")
        try:
            get_backend(self.current_account, self.region).get_function(function)
        except Exception:
            raise Error(
                "AccessDeniedException",
                "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy "
                "grants access to the principal secretsmanager.amazonaws.com.",
            ) from None
        secret.rotation_requested = secret.rotation_enabled = True
        secret.rotation_lambda_arn = function
        rules = params.get("RotationRules", {})
        secret.auto_rotate_after_days = rules.get("AutomaticallyAfterDays", secret.auto_rotate_after_days)
        return {"ARN": secret.arn, "Name": secret.name}


def install() -> None:
    core.extend_moto(SecretsManager)
