"""Security Hub: the hub's settings, its standards and insights."""

import uuid

from moto.core.base_backend import BackendDict
from moto.core.utils import iso_8601_datetime_with_milliseconds
from moto.securityhub.models import securityhub_backends
from moto.securityhub.responses import SecurityHubResponse

from . import core
from .core import Error, Params
from .tagging import Tagged

# Of the partition's region: name, path and whether it is on by default.
_STANDARDS = {
    "AWS Foundational Security Best Practices v1.0.0": (
        "standards/aws-foundational-security-best-practices/v/1.0.0",
        True,
    ),
    "CIS AWS Foundations Benchmark v1.2.0": ("ruleset/cis-aws-foundations-benchmark/v/1.2.0", True),
    "CIS AWS Foundations Benchmark v1.4.0": ("standards/cis-aws-foundations-benchmark/v/1.4.0", False),
    "CIS AWS Foundations Benchmark v3.0.0": ("standards/cis-aws-foundations-benchmark/v/3.0.0", False),
    "NIST Special Publication 800-53 Revision 5": ("standards/nist-800-53/v/5.0.0", False),
    "PCI DSS v3.2.1": ("standards/pci-dss/v/3.2.1", False),
    "AWS Resource Tagging Standard v1.0.0": ("standards/aws-resource-tagging-standard/v/1.0.0", False),
}


class State(core.State):
    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.hub: Params | None = None
        self.subscriptions: dict[str, Params] = {}
        self.insights: dict[str, Params] = {}
        self.tags: dict[str, dict[str, str]] = {}


hub_backends = BackendDict(State, "securityhub")


class SecurityHub(Tagged, core.Service):
    model = "securityhub"
    backends = hub_backends
    fallback = SecurityHubResponse
    invalid = "InvalidInputException"
    state: State

    @staticmethod
    def not_found(arn: str) -> Error:
        return Error("ResourceNotFoundException", f"Resource not found: {arn}")

    def enable_security_hub(self, params: Params) -> None:
        """AWS enables new controls and the default standards unless the request disables them."""
        if self.state.hub is not None:
            raise Error("ResourceConflictException", "Account is already subscribed to Security Hub")
        securityhub_backends[self.current_account][self.region].enable_security_hub(tags=params.get("Tags", {}))
        arn = self.arn("hub/default")
        self.state.hub = {
            "HubArn": arn,
            "SubscribedAt": iso_8601_datetime_with_milliseconds(),
            "AutoEnableControls": True,
            "ControlFindingGenerator": params.get("ControlFindingGenerator", "SECURITY_CONTROL"),
        }
        self.state.tags[arn] = params.get("Tags", {})
        if params.get("EnableDefaultStandards", True):
            for path, default in _STANDARDS.values():
                if default:
                    self._subscribe(path, {})

    def describe_hub(self, params: Params) -> Params:
        """AWS rejects an account without a hub."""
        return self._hub()

    def update_security_hub_configuration(self, params: Params) -> None:
        """AWS replaces the members that are sent."""
        self._hub().update(params)

    def disable_security_hub(self, params: Params) -> None:
        """AWS removes the standards with the hub."""
        self._hub()
        securityhub_backends[self.current_account][self.region].disable_security_hub()
        self.state.hub, self.state.subscriptions, self.state.insights, self.state.tags = None, {}, {}, {}

    def describe_standards(self, params: Params) -> Params:
        """AWS returns all of its standards; here the older ones are listed."""
        return {
            "Standards": [
                {"StandardsArn": self._standard_arn(path), "Name": name, "EnabledByDefault": default}
                for name, (path, default) in _STANDARDS.items()
            ]
        }

    def batch_enable_standards(self, params: Params) -> Params:
        """AWS rejects an unknown standard, and keeps one subscription per standard."""
        self._hub()
        paths = [
            request["StandardsArn"].split(":::")[-1].rpartition("::")[2]
            for request in params["StandardsSubscriptionRequests"]
        ]
        for path in paths:
            if path not in {known for known, _ in _STANDARDS.values()}:
                raise Error("InvalidInputException", f"Unknown standard: {path}")
        return {
            "StandardsSubscriptions": [
                self._subscribe(path, request.get("StandardsInput", {}))
                for path, request in zip(paths, params["StandardsSubscriptionRequests"], strict=True)
            ]
        }

    def get_enabled_standards(self, params: Params) -> Params:
        """AWS returns the named subscriptions, or all of them."""
        self._hub()
        wanted = params.get("StandardsSubscriptionArns") or list(self.state.subscriptions)
        return {
            "StandardsSubscriptions": [
                self.state.subscriptions[arn] for arn in wanted if arn in self.state.subscriptions
            ]
        }

    def batch_disable_standards(self, params: Params) -> Params:
        """AWS returns the removed subscriptions."""
        self._hub()
        gone = [self.state.subscriptions.pop(arn, None) for arn in params["StandardsSubscriptionArns"]]
        return {"StandardsSubscriptions": [one | {"StandardsStatus": "DELETING"} for one in gone if one]}

    def create_insight(self, params: Params) -> Params:
        """AWS generates an id; two insights can have the same name."""
        self._hub()
        arn = self.arn(f"insight/{self.current_account}/custom/{uuid.uuid4()}")
        self.state.insights[arn] = {"InsightArn": arn} | params
        return {"InsightArn": arn}

    def get_insights(self, params: Params) -> Params:
        """AWS returns the named insights, or all custom insights."""
        self._hub()
        for arn in params.get("InsightArns", []):
            self._insight(arn)
        return {"Insights": [self.state.insights[arn] for arn in params.get("InsightArns") or self.state.insights]}

    def update_insight(self, params: Params) -> None:
        """AWS replaces the members that are sent."""
        self._insight(params["InsightArn"]).update(params)

    def delete_insight(self, params: Params) -> Params:
        """AWS returns the ARN."""
        self._insight(params["InsightArn"])
        del self.state.insights[params["InsightArn"]]
        return {"InsightArn": params["InsightArn"]}

    def _insight(self, arn: str) -> Params:
        self._hub()
        if arn not in self.state.insights:
            raise Error("ResourceNotFoundException", f"Insight not found: {arn}")
        return self.state.insights[arn]

    def _hub(self) -> Params:
        if self.state.hub is None:
            raise Error(
                "InvalidAccessException", f"Account {self.current_account} is not subscribed to AWS Security Hub"
            )
        return self.state.hub

    def _subscribe(self, path: str, inputs: Params) -> Params:
        arn = self.arn("subscription/" + path.partition("/")[2])
        self.state.subscriptions[arn] = {
            "StandardsSubscriptionArn": arn,
            "StandardsArn": self._standard_arn(path),
            "StandardsInput": inputs,
            "StandardsStatus": "READY",
            "StandardsControlsUpdatable": "READY_FOR_UPDATES",
        }
        return self.state.subscriptions[arn]

    def _standard_arn(self, path: str) -> str:
        # The oldest standards have no region in their ARN.
        region = "" if path.startswith("ruleset/") else self.region
        return f"arn:{self.partition}:securityhub:{region}::{path}"


def install() -> None:
    paths = ("/standards$", "/standards/(?P<rest>.+)$", "/insights$", "/insights/(?P<rest>.+)$", "/tags/(?P<rest>.+)$")
    core.extend_moto(SecurityHub, *paths)
