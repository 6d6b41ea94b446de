"""A call as CloudTrail tells EventBridge of it."""

import os
import uuid
from datetime import datetime
from typing import Any

from calls import Call
from moto.core import DEFAULT_ACCOUNT_ID
from moto.utilities.utils import get_partition
from services import kms

from . import words
from .identity import identity
from .parameters import Answer, answered, failure, operation_model, requested

Event = dict[str, Any]

# AWS CloudTrail User Guide, CloudTrail record contents.
_VERSION = "1.11"
_LONGEST = 1024  # of userAgent, errorCode and errorMessage
# Amazon EventBridge Events Reference, by the type of a record.
_TYPES = {
    "AwsApiCall": "AWS API Call via CloudTrail",
    "AwsServiceEvent": "AWS Service Event via CloudTrail",
    "AwsConsoleAction": "AWS Console Action via CloudTrail",
    "AwsConsoleSignIn": "AWS Console Sign In via CloudTrail",
}


class Seen:
    """What is known of a call before the service has it, and may be gone after."""

    def __init__(self, call: Call, account: str, region: str) -> None:
        self.call, self.account, self.region = call, account, region
        self.identity = identity(call)
        self.keys = _keys(self, call.sent) if call.service == "kms" else []


def record(seen: Seen, answer: Answer, at: datetime) -> Event:
    """The event of a call that was answered at a time."""
    call, operation = seen.call, seen.call.operation or ""
    model = operation_model(call.model, operation)
    failed = failure(call, answer)
    read_only = words.is_read_only(call.service, operation)
    parameters = requested(call)
    elements = None if failed or read_only else answered(call, answer)
    detail = {
        "eventVersion": _VERSION,
        "userIdentity": seen.identity,
        "eventTime": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "eventSource": f"{call.service}.amazonaws.com",
        "eventName": words.event_name(call.service, call.model, operation, model.http["requestUri"] if model else ""),
        "awsRegion": seen.region,
        "sourceIPAddress": call.environ.get("REMOTE_ADDR", ""),
        "userAgent": call.request.headers.get("User-Agent", "")[:_LONGEST],
    }
    if failed:
        code, message = failed
        detail |= {"errorCode": code[:_LONGEST], "errorMessage": message[:_LONGEST]}
    detail |= {
        "requestParameters": parameters,
        "responseElements": elements,
        "requestID": _request_id(answer),
        "eventID": str(uuid.uuid4()),
        "readOnly": read_only,
    }
    resources = _resources(seen, parameters or {}, elements or {})
    if resources:
        detail["resources"] = resources
    detail |= {
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": seen.account,
        "eventCategory": "Management",
    }
    return enveloped(detail)


def enveloped(detail: Event) -> Event:
    """The event that brings a record to the bus of its account and region."""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": _TYPES[detail.get("eventType", "AwsApiCall")],
        "source": "aws." + detail["eventSource"].removesuffix(".amazonaws.com"),
        "account": detail.get("recipientAccountId") or os.environ.get("MOTO_ACCOUNT_ID", DEFAULT_ACCOUNT_ID),
        "time": detail["eventTime"],
        "region": detail["awsRegion"],
        "resources": [],
        "detail": detail,
    }


def _request_id(answer: Answer) -> str:
    for name in ("x-amzn-requestid", "x-amz-request-id"):
        if name in answer.headers:
            return answer.headers[name]
    return str(uuid.uuid4())


def _resources(seen: Seen, parameters: Event, elements: Event) -> list[Event]:
    """What AWS KMS, STS, S3 and ECR say that a call is about."""
    partition, region, of = get_partition(seen.region), seen.region, seen.account
    match seen.call.service:
        case "kms":
            made = elements.get("keyMetadata", {}).get("arn")
            arns = [*seen.keys, *([made] if made else [])]
            if "aliasName" in parameters:
                arns.append(f"arn:{partition}:kms:{region}:{of}:{parameters['aliasName']}")
            return [{"accountId": of, "type": "AWS::KMS::Key", "ARN": arn} for arn in arns]
        case "sts" if "roleArn" in parameters:
            role = parameters["roleArn"]
            return [{"ARN": role, "accountId": role.split(":")[4], "type": "AWS::IAM::Role"}]
        case "s3" if parameters.get("bucketName") and seen.call.operation != "CreateBucket":
            bucket = f"arn:{partition}:s3:::{parameters['bucketName']}"
            return [{"accountId": of, "type": "AWS::S3::Bucket", "ARN": bucket}]
        case "ecr" if "repositoryName" in parameters:
            repository = f"arn:{partition}:ecr:{region}:{of}:repository/{parameters['repositoryName']}"
            return [{"ARN": repository, "accountId": of}]
    return []


def _keys(seen: Seen, sent: Event) -> list[str]:
    """The ARNs of the keys that a request names, by whatever name."""
    names = [
        str(sent[name])
        for name in ("KeyId", "TargetKeyId", "AliasName", "SourceKeyId", "DestinationKeyId")
        if name in sent
    ]
    found = [kms.find(seen.account, seen.region, name) for name in names]
    return list(dict.fromkeys(key.arn for key in found if key is not None))
