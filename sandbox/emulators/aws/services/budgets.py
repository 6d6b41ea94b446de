"""Budgets: updates, the subscribers of notifications, tags."""

# pyright: reportAttributeAccessIssue=false, reportArgumentType=false, reportReturnType=false

from typing import Any

from moto.budgets.models import Budget, Notification, budgets_backends
from moto.budgets.responses import BudgetsResponse
from moto.core.common_types import TYPE_RESPONSE
from moto.core.utils import utcnow

from . import core
from .core import Error, Params
from .tagging import as_map

_NO_SPEND = {"Amount": "0.0", "Unit": "USD"}


class Budgets(core.Service):
    model = "budgets"
    backends = budgets_backends
    fallback = BudgetsResponse
    invalid = "InvalidParameterException"

    def create_budget(self, params: Params) -> TYPE_RESPONSE:
        """AWS keeps tags given at creation."""
        self._tags(params["Budget"]["BudgetName"]).update(as_map(params.get("ResourceTags")))
        return self.call_moto()

    def describe_budget(self, params: Params) -> Params:
        """AWS rejects a name that does not exist."""
        return {"Budget": _described(self._budget(params))}

    def describe_budgets(self, params: Params) -> Params:
        """AWS returns all budgets of the account."""
        return {"Budgets": [_described(budget) for budget in self.state.budgets[params["AccountId"]].values()]}

    def update_budget(self, params: Params) -> None:
        """AWS replaces the budget and keeps its notifications."""
        new = params["NewBudget"]
        budget = self._budget({"AccountId": params["AccountId"], "BudgetName": new["BudgetName"]})
        budget.budget = {"TimePeriod": budget.budget["TimePeriod"]} | new | {"LastUpdatedTime": utcnow()}

    def describe_notifications_for_budget(self, params: Params) -> Params:
        """AWS adds the state of a notification, and PERCENTAGE as its default type."""
        return {
            "Notifications": [
                _with_defaults(notification.details) for notification in self._budget(params).notifications
            ]
        }

    def update_notification(self, params: Params) -> None:
        """AWS replaces the notification and keeps its subscribers."""
        self._notification(params, "OldNotification").details = params["NewNotification"]

    def delete_notification(self, params: Params) -> None:
        """AWS deletes the subscribers with their notification."""
        self._budget(params).notifications.remove(self._notification(params, "Notification"))

    def describe_subscribers_for_notification(self, params: Params) -> Params:
        """AWS returns the subscribers of one notification, named by its content."""
        return {"Subscribers": self._notification(params, "Notification").subscribers}

    def create_subscriber(self, params: Params) -> None:
        """AWS adds to the subscribers."""
        self._notification(params, "Notification").subscribers.append(params["Subscriber"])

    def delete_subscriber(self, params: Params) -> None:
        """AWS rejects the deletion of the last subscriber."""
        subscribers: Any = self._notification(params, "Notification").subscribers
        if subscribers == [params["Subscriber"]]:
            raise Error("InvalidParameterException", "A notification must have at least one subscriber.")
        subscribers.remove(params["Subscriber"])

    def list_tags_for_resource(self, params: Params) -> Params:
        """AWS returns a list of keys and values."""
        tags = self._tags(params["ResourceARN"])
        return {"ResourceTags": [{"Key": key, "Value": value} for key, value in tags.items()]}

    def tag_resource(self, params: Params) -> None:
        """AWS adds to the tags, replacing the values of keys that exist."""
        self._tags(params["ResourceARN"]).update(as_map(params["ResourceTags"]))

    def untag_resource(self, params: Params) -> None:
        """AWS accepts keys that do not exist."""
        for key in params["ResourceTagKeys"]:
            self._tags(params["ResourceARN"]).pop(key, None)

    def delete_budget(self, params: Params) -> TYPE_RESPONSE:
        """AWS deletes the tags with their budget."""
        self._tags(params["BudgetName"]).clear()
        return self.call_moto()

    def _tags(self, name: str) -> dict[str, str]:
        """The tags by the budget's name or ARN; stored on moto's state."""
        by_name: dict[str, dict[str, str]] = vars(self.state).setdefault("tags", {})
        return by_name.setdefault(name.rpartition("budget/")[2], {})

    def _budget(self, params: Params) -> Budget:
        found: Budget | None = self.state.budgets[params["AccountId"]].get(params["BudgetName"])
        if found is None:
            raise Error(
                "NotFoundException", f"Unable to get budget: {params['BudgetName']} - the budget doesn't exist."
            )
        return found

    def _notification(self, params: Params, key: str) -> Notification:
        wanted = _with_defaults(params[key])
        for notification in self._budget(params).notifications:
            if _with_defaults(notification.details) == wanted:
                return notification
        raise Error("NotFoundException", "Unable to find the notification.")


def _with_defaults(details: Params) -> Params:
    return {"ThresholdType": "PERCENTAGE", "NotificationState": "OK"} | details


def _described(budget: Budget) -> Params:
    # moto's form, with the spend that the model requires.
    return budget.to_dict() | {"CalculatedSpend": {"ActualSpend": _NO_SPEND}}


def install() -> None:
    core.extend_moto(Budgets)
