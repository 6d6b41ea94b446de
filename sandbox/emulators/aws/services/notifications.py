"""CodeStar notifications: notification rules and their targets. Nothing is sent."""

import uuid

from moto.core.base_backend import BackendDict
from moto.core.utils import utcnow

from . import core
from .core import Error, Params
from .tagging import Tagged


class State(core.State):
    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.rules: dict[str, Params] = {}
        self.tags: dict[str, dict[str, str]] = {}


notifications_backends = BackendDict(State, "codestar-notifications")


class Notifications(Tagged, core.Service):
    model = "codestar-notifications"
    backends = notifications_backends
    state: State

    @staticmethod
    def not_found(arn: str) -> Error:
        return Error("ResourceNotFoundException", f"Notification rule not found: {arn}")

    def create_notification_rule(self, params: Params) -> Params:
        """AWS requires a unique name in account and region."""
        if any(rule["Name"] == params["Name"] for rule in self.state.rules.values()):
            raise Error(
                "ResourceAlreadyExistsException", f"A notification rule with the name {params['Name']} already exists."
            )
        arn = self.arn(f"notificationrule/{uuid.uuid4().hex}")
        now = utcnow()
        self.state.rules[arn] = {
            "Arn": arn,
            "Name": params["Name"],
            "EventTypes": _event_types(params["EventTypeIds"]),
            "Resource": params["Resource"],
            "Targets": [_target(target) for target in params["Targets"]],
            "DetailType": params["DetailType"],
            "Status": params.get("Status", "ENABLED"),
            "CreatedTimestamp": now,
            "LastModifiedTimestamp": now,
        }
        self.state.tags[arn] = params.get("Tags", {})
        return {"Arn": arn}

    def describe_notification_rule(self, params: Params) -> Params:
        """AWS rejects an ARN that does not exist."""
        return self._rule(params["Arn"]) | {"Tags": self.state.tags[params["Arn"]]}

    def list_notification_rules(self, params: Params) -> Params:
        """AWS returns ids and ARNs."""
        return {"NotificationRules": [{"Id": arn.rpartition("/")[2], "Arn": arn} for arn in self.state.rules]}

    def update_notification_rule(self, params: Params) -> None:
        """AWS replaces the members that are sent."""
        rule = self._rule(params["Arn"])
        rule.update({key: params[key] for key in ("Name", "Status", "DetailType") if key in params})
        if "EventTypeIds" in params:
            rule["EventTypes"] = _event_types(params["EventTypeIds"])
        if "Targets" in params:
            rule["Targets"] = [_target(target) for target in params["Targets"]]
        rule["LastModifiedTimestamp"] = utcnow()

    def delete_notification_rule(self, params: Params) -> Params:
        """AWS accepts an ARN that does not exist."""
        self.state.rules.pop(params["Arn"], None)
        self.state.tags.pop(params["Arn"], None)
        return {"Arn": params["Arn"]}

    def subscribe(self, params: Params) -> Params:
        """AWS adds a target to a rule."""
        self._rule(params["Arn"])["Targets"].append(_target(params["Target"]))
        return {"Arn": params["Arn"]}

    def unsubscribe(self, params: Params) -> Params:
        """AWS removes a target by its address."""
        rule = self._rule(params["Arn"])
        rule["Targets"] = [target for target in rule["Targets"] if target["TargetAddress"] != params["TargetAddress"]]
        return {"Arn": params["Arn"]}

    def list_targets(self, params: Params) -> Params:
        """AWS returns each target once; here only the filter by address is applied."""
        targets = {target["TargetAddress"]: target for rule in self.state.rules.values() for target in rule["Targets"]}
        wanted = [f["Value"] for f in params.get("Filters", []) if f["Name"] == "TARGET_ADDRESS"]
        return {"Targets": [target for address, target in targets.items() if not wanted or address in wanted]}

    def delete_target(self, params: Params) -> None:
        """AWS removes the target from all rules if ForceUnsubscribeAll is set."""
        for rule in self.state.rules.values():
            remaining = [target for target in rule["Targets"] if target["TargetAddress"] != params["TargetAddress"]]
            if len(remaining) < len(rule["Targets"]) and not params.get("ForceUnsubscribeAll"):
                raise Error("ValidationException", "The target is associated with one or more notification rules.")
            rule["Targets"] = remaining

    def _rule(self, arn: str) -> Params:
        if arn not in self.state.rules:
            raise self.not_found(arn)
        return self.state.rules[arn]


def _event_types(ids: list[str]) -> list[Params]:
    """The ids read service, resource type, event: codepipeline-pipeline-pipeline-execution-failed."""
    kinds = []
    for key in ids:
        service, resource, name = key.split("-", 2)
        kinds.append({"EventTypeId": key, "ServiceName": service, "ResourceType": resource, "EventTypeName": name})
    return kinds


def _target(target: Params) -> Params:
    return {"TargetType": "SNS"} | target | {"TargetStatus": "ACTIVE"}


def install() -> None:
    core.serve(Notifications, "codestar-notifications")
