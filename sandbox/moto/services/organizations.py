"""Organizations: what a policy must be before it is kept."""

import json

from moto.core.common_types import TYPE_RESPONSE
from moto.organizations.models import organizations_backends
from moto.organizations.responses import OrganizationsResponse

from . import core
from .core import Error, Params, as_list

_MAX_SCP, _MAX_ATTACHED = 5120, 5


class Organizations(core.Service):
    model = "organizations"
    backends = organizations_backends
    stock = OrganizationsResponse
    invalid = "InvalidInputException"

    def create_policy(self, params: Params) -> TYPE_RESPONSE:
        """AWS wants an organisation, and checks the grammar and the size of the policy."""
        if self.state.org is None:
            raise Error("AWSOrganizationsNotInUseException", "Your account is not a member of an organization.")
        _check_content(params["Type"], params["Content"])
        return self.moto()

    def update_policy(self, params: Params) -> TYPE_RESPONSE:
        """AWS checks the new content like that of a new policy."""
        kind = next((p.type for p in self.state.policies if p.id == params["PolicyId"]), None)
        if kind and "Content" in params:
            _check_content(kind, params["Content"])
        return self.moto()

    def attach_policy(self, params: Params) -> TYPE_RESPONSE:
        """AWS attaches at most five policies of a type to a target, FullAWSAccess among them."""
        policies = self.state.policies
        kind = next((p.type for p in policies if p.id == params["PolicyId"]), None)
        attached = [p for p in policies if p.type == kind and any(t.id == params["TargetId"] for t in p.attachments)]
        if len(attached) >= _MAX_ATTACHED:
            raise Error(
                "ConstraintViolationException",
                "You have attached the maximum number of policies to the specified target.",
            )
        return self.moto()


def _check_content(kind: str, content: str) -> None:
    if kind != "SERVICE_CONTROL_POLICY":
        return
    if len(content) > _MAX_SCP:
        raise Error("ConstraintViolationException", "You have exceeded the allowed limit on the policy content size.")
    try:
        statements = as_list(json.loads(content)["Statement"])
        wrong = any(
            s.get("Effect") not in ("Allow", "Deny")
            or ("Action" in s) == ("NotAction" in s)
            or "Principal" in s
            or "NotPrincipal" in s
            for s in statements
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        wrong = True
    if wrong:
        raise Error(
            "MalformedPolicyDocumentException",
            "The provided policy document does not meet the requirements of the specified policy type.",
        )


def install() -> None:
    core.serve_over(Organizations)
