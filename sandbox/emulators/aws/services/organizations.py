"""Organizations: the validation of a policy, and an organization that exists before the gate."""

# pyright: reportAttributeAccessIssue=false, reportArgumentType=false, reportReturnType=false

import json
from typing import Any

from moto.core.common_types import TYPE_RESPONSE
from moto.iam.models import iam_backends
from moto.organizations.models import FakeAccount, FakeOrganizationalUnit, OrganizationsBackend, organizations_backends
from moto.organizations.responses import OrganizationsResponse
from moto.organizations.utils import DEFAULT_RCP_POLICY_ID, DEFAULT_SCP_POLICY_ID

from . import core
from .core import Error, Params, as_list

_SCP, _RCP = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"
_MAX_CONTENT, _MAX_ATTACHED = 5120, 5  # of service control policies and of resource control policies
# The operations that AWS allows to every account of an organization.
_ALLOWED_TO_MEMBERS = ("CreateOrganization", "DescribeOrganization")


class Organizations(core.Service):
    model = "organizations"
    backends = organizations_backends
    fallback = OrganizationsResponse
    invalid = "InvalidInputException"

    @property
    def state(self) -> OrganizationsBackend:
        return _backend(self)

    def create_policy(self, params: Params) -> TYPE_RESPONSE:
        """AWS requires an organization, and checks the grammar and the size of the policy."""
        if self.state.org is None:
            raise Error("AWSOrganizationsNotInUseException", "Your account is not a member of an organization.")
        _check_content(params["Type"], params["Content"])
        return self.call_moto()

    def update_policy(self, params: Params) -> TYPE_RESPONSE:
        """AWS checks the new content like that of a new policy."""
        kind = next((p.type for p in self.state.policies if p.id == params["PolicyId"]), None)
        if kind and "Content" in params:
            _check_content(kind, params["Content"])
        return self.call_moto()

    def attach_policy(self, params: Params) -> TYPE_RESPONSE:
        """AWS attaches at most five policies of a type to a target, FullAWSAccess among them, and each of them once."""
        policy, attached = self._policy(params["PolicyId"]), self._attached(params)
        root = self.state.list_roots()["Roots"][0]
        if {"Type": policy.type, "Status": "ENABLED"} not in root["PolicyTypes"]:
            raise Error(
                "PolicyTypeNotEnabledException", "This operation can be performed only for enabled policy types."
            )
        if policy in attached:
            raise Error(
                "DuplicatePolicyAttachmentException", "A policy with this ID is already attached to the target."
            )
        if len(attached) >= _MAX_ATTACHED:
            raise Error(
                "ConstraintViolationException",
                "You have attached the maximum number of policies to the specified target.",
            )
        return self.call_moto()

    def detach_policy(self, params: Params) -> TYPE_RESPONSE:
        """AWS leaves at least one policy of a type on a target."""
        policy, attached = self._policy(params["PolicyId"]), self._attached(params)
        if policy not in attached:
            raise Error("PolicyNotAttachedException", "The policy isn't attached to the specified target.")
        if len(attached) == 1:
            raise Error(
                "ConstraintViolationException", "You cannot detach the last policy of its type from the target."
            )
        return self.call_moto()

    def list_policies_for_target(self, params: Params) -> TYPE_RESPONSE:
        """AWS has one error for every kind of target that does not exist."""
        self._target(params["TargetId"])
        return self.call_moto()

    def _policy(self, policy_id: str) -> Any:
        found = next((p for p in self.state.policies if p.id == policy_id), None)
        if found is None:
            raise Error("PolicyNotFoundException", "We can't find a policy with the PolicyId that you specified.")
        return found

    def _attached(self, params: Params) -> list[Any]:
        """The policies of the target that are of the type of the one in params."""
        kind = self._policy(params["PolicyId"]).type
        return [p for p in self._target(params["TargetId"]).attached_policies if p.type == kind]

    def _target(self, target_id: str) -> Any:
        found = next((t for t in [*self.state.ou, *self.state.accounts] if t.id == target_id), None)
        if found is None:
            raise Error("TargetNotFoundException", "We can't find a root, OU, or account with the TargetId.")
        return found


def _backend(response: OrganizationsResponse) -> OrganizationsBackend:
    """AWS stores an organization once; only the management account and delegated administrators can read it."""
    account, partition = response.current_account, response.partition
    manager = organizations_backends.master_accounts.get(account)
    if manager is None or response._get_action() in _ALLOWED_TO_MEMBERS:
        return organizations_backends[account][partition]
    backend = organizations_backends[manager[0]][partition]
    if all(admin.account.id != account for admin in backend.admins):
        raise Error("AccessDeniedException", "You don't have permissions to access this resource.")
    return backend


def create_organization(
    role_arn: str, target: str, account: str, manager: str = "", preview_role_arn: str = "", id: str = ""
) -> None:
    """Creates an organization with an account, a target above the account, and a role that attaches policies.

    The role's account manages it. If manager is given, that account manages it and the role's account is a delegated
    administrator. An existing organization stays unchanged. preview_role_arn adds a role of the role's account.
    """
    _, partition, _, _, owner, _ = role_arn.split(":", 5)
    _create_role(role_arn, account, "Attaches policies")
    if preview_role_arn:
        _create_role(preview_role_arn, account, "Reads the organization")
    backend = organizations_backends[manager or owner][partition]
    if backend.org is not None:
        return
    backend.create_organization(region="us-east-1")
    root = backend.ou[0]
    unit = target if target.startswith("ou-") else None
    root.id = f"r-{unit.split('-')[1]}" if unit else target if target.startswith("r-") else "r-ab12"
    backend.org.root_id = backend.accounts[0].parent_id = root.id
    backend.org.id = id or backend.org.id
    root.add_policy_type(_SCP)
    root.add_policy_type(_RCP)
    if unit:
        made = FakeOrganizationalUnit(backend.org, Name="workloads", ParentId=root.id)
        made.id = unit
        backend.ou.append(made)
        _allow_everything(backend, unit)
    for member in {account, owner} - {backend.account_id}:
        joined = FakeAccount(backend.org, AccountName=member, Email=f"{member}@example.com")
        joined.id, joined.joined_method = member, "INVITED"
        joined.parent_id = unit if unit and member == account else root.id
        backend.accounts.append(joined)
        organizations_backends.master_accounts[member] = (backend.account_id, partition)
        _allow_everything(backend, member)
    if manager and manager != owner:
        backend.register_delegated_administrator(AccountId=owner, ServicePrincipal="guardduty.amazonaws.com")


def _create_role(arn: str, account: str, description: str) -> None:
    """Creates a role that the account can assume, unless it exists."""
    _, partition, _, _, owner, resource = arn.split(":", 5)
    *path, name = resource.split("/")[1:]
    backend = iam_backends[owner][partition]
    if any(role.name == name for role in backend.roles.values()):
        return
    trusted = {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "sts:AssumeRole"}
    backend.create_role(
        role_name=name,
        path="/".join(["", *path, ""]),
        assume_role_policy_document=json.dumps({"Version": "2012-10-17", "Statement": [trusted]}),
        permissions_boundary=None,
        description=description,
        tags=[],
        max_session_duration="3600",
    )


def _allow_everything(backend: OrganizationsBackend, target: str) -> None:
    for policy in (DEFAULT_SCP_POLICY_ID, DEFAULT_RCP_POLICY_ID):
        backend.attach_policy(PolicyId=policy, TargetId=target)


def _check_content(kind: str, content: str) -> None:
    if kind not in (_SCP, _RCP):
        return
    if len(content) > _MAX_CONTENT:
        raise Error("ConstraintViolationException", "You have exceeded the allowed limit on the policy content size.")
    try:
        statements = as_list(json.loads(content)["Statement"])
        wrong = any(
            "NotPrincipal" in s
            or (
                s.get("Effect") not in ("Allow", "Deny") or ("Action" in s) == ("NotAction" in s) or "Principal" in s
                if kind == _SCP
                # AWS Organizations User Guide, RCP syntax: own policies deny, to everybody, named services.
                else s.get("Effect") != "Deny"
                or s.get("Principal") != "*"
                or "NotAction" in s
                or "*" in as_list(s["Action"])
            )
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
    core.extend_moto(Organizations)
    OrganizationsResponse.organizations_backend = property(_backend)
