"""CloudWatch: composite alarms."""

from moto.cloudwatch.models import cloudwatch_backends
from moto.cloudwatch.responses import CloudWatchResponse

from . import core
from .core import Params


class CloudWatch(core.Service):
    model = "cloudwatch"
    backends = cloudwatch_backends
    fallback = CloudWatchResponse
    invalid = "InvalidParameterValue"

    def put_composite_alarm(self, params: Params) -> None:
        """AWS stores composite alarms with the metric alarms; a name is unique among both."""
        alarm = self.state.put_metric_alarm(
            name=params["AlarmName"],
            namespace=None,
            metric_name=None,
            comparison_operator=None,
            evaluation_periods=None,
            period=None,
            threshold=None,
            statistic=None,
            description=params.get("AlarmDescription"),
            dimensions=[],
            alarm_actions=params.get("AlarmActions", []),
            ok_actions=params.get("OKActions", []),
            insufficient_data_actions=params.get("InsufficientDataActions", []),
            actions_enabled=params.get("ActionsEnabled", True),
            rule=params["AlarmRule"],
            tags=params.get("Tags", []),
        )
        alarm.actions_suppressor = params.get("ActionsSuppressor")
        alarm.actions_suppressor_wait_period = params.get("ActionsSuppressorWaitPeriod")
        alarm.actions_suppressor_extension_period = params.get("ActionsSuppressorExtensionPeriod")


def install() -> None:
    core.extend_moto(CloudWatch)
