"""SNS: data protection policies of topics. They are stored, and no message is inspected."""

# pyright: reportAttributeAccessIssue=false, reportArgumentType=false, reportReturnType=false

from moto.core.responses import ActionResult, EmptyResult
from moto.sns.models import Topic, sns_backends
from moto.sns.responses import SNSResponse

from .core import Params


def _topic(response: SNSResponse) -> Topic:
    topic: Topic = response.backend.get_topic(response._get_param("ResourceArn"))
    return topic


def _get_data_protection_policy(response: SNSResponse) -> ActionResult:
    """AWS returns no policy of a topic that has none."""
    policy = getattr(_topic(response), "data_protection_policy", "")
    return ActionResult({"DataProtectionPolicy": policy} if policy else {})


def _put_data_protection_policy(response: SNSResponse) -> EmptyResult:
    """AWS deletes the policy where the request has an empty one."""
    _topic(response).data_protection_policy = response._get_param("DataProtectionPolicy")
    return EmptyResult()


def messages() -> list[Params]:
    """Every message that was published to a topic, whoever is subscribed."""
    return [
        {"Topic": arn, "Subject": subject or "", "Message": message, "Attributes": attributes or {}}
        for regions in list(sns_backends.values())
        for backend in list(regions.values())
        for arn, topic in sorted(backend.topics.items())
        for _, message, subject, attributes, _ in topic.sent_notifications
    ]


def install() -> None:
    SNSResponse.get_data_protection_policy = _get_data_protection_policy
    SNSResponse.put_data_protection_policy = _put_data_protection_policy
