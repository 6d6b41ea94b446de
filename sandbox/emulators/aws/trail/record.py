"""The event of a call that CloudTrail sends to EventBridge."""

import os
import uuid
from datetime import datetime
from typing import Any

from calls import Call
from moto.core import DEFAULT_ACCOUNT_ID
from moto.utilities.utils import get_partition
from services import kms

from . import names
from .identity import identity
from .parameters import Response, error_of, operation_model, request_parameters, response_elements

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


class CallContext:
    """What is known of a call before the service runs it, and may be deleted by it."""

    def __init__(self, call: Call, account: str, region: str) -> None:
        self.call, self.account, self.region = call, account, region
        self.identity = identity(call)
        self.keys = _keys(self, call.payload) if call.service == "kms" else []


def record(context: CallContext, response: Response, at: datetime) -> Event:
    """The event of a call whose response was sent at a time."""
    call, operation = context.call, context.call.operation or ""
    model = operation_model(call.model, operation)
    failed = error_of(call, response)
    read_only = names.is_read_only(call.service, operation)
    parameters = request_parameters(call)
    elements = None if failed or read_only else response_elements(call, response)
    detail = {
        "eventVersion": _VERSION,
        "userIdentity": context.identity,
        "eventTime": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "eventSource": f"{call.service}.amazonaws.com",
        "eventName": names.event_name(call.service, call.model, operation, model.http["requestUri"] if model else ""),
        "awsRegion": context.region,
        "sourceIPAddress": call.environ.get("REMOTE_ADDR", ""),
        "userAgent": call.request.headers.get("User-Agent", "")[:_LONGEST],
    }
    if failed:
        code, message = failed
        detail |= {"errorCode": code[:_LONGEST], "errorMessage": message[:_LONGEST]}
    detail |= {
        "requestParameters": parameters,
        "responseElements": elements,
        "requestID": _request_id(response),
        "eventID": str(uuid.uuid4()),
        "readOnly": read_only,
    }
    resources = _resources(context, parameters or {}, elements or {})
    if resources:
        detail["resources"] = resources
    detail |= {
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": context.account,
        "eventCategory": "Management",
    }
    return wrap_in_event(detail)


def wrap_in_event(detail: Event) -> Event:
    """Wraps a record in the event that goes to the bus of its account and region."""
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


def _request_id(response: Response) -> str:
    for name in ("x-amzn-requestid", "x-amz-request-id"):
        if name in response.headers:
            return response.headers[name]
    return str(uuid.uuid4())


def _resources(context: CallContext, parameters: Event, elements: Event) -> list[Event]:
    """The resources that AWS KMS, STS, S3 and ECR record for a call."""
    partition, region, of = get_partition(context.region), context.region, context.account
    match context.call.service:
        case "kms":
            made = elements.get("keyMetadata", {}).get("arn")
            arns = [*context.keys, *([made] if made else [])]
            if "aliasName" in parameters:
                arns.append(f"arn:{partition}:kms:{region}:{of}:{parameters['aliasName']}")
            return [{"accountId": of, "type": "AWS::KMS::Key", "ARN": arn} for arn in arns]
        case "sts" if "roleArn" in parameters:
            role = parameters["roleArn"]
            return [{"ARN": role, "accountId": role.split(":")[4], "type": "AWS::IAM::Role"}]
        case "s3" if parameters.get("bucketName") and context.call.operation != "CreateBucket":
            bucket = f"arn:{partition}:s3:::{parameters['bucketName']}"
            return [{"accountId": of, "type": "AWS::S3::Bucket", "ARN": bucket}]
        case "ecr" if "repositoryName" in parameters:
            repository = f"arn:{partition}:ecr:{region}:{of}:repository/{parameters['repositoryName']}"
            return [{"ARN": repository, "accountId": of}]
    return []


def _keys(context: CallContext, sent: Event) -> list[str]:
    """The ARNs of the keys that a request names by id, ARN or alias."""
    names = [
        str(sent[name])
        for name in ("KeyId", "TargetKeyId", "AliasName", "SourceKeyId", "DestinationKeyId")
        if name in sent
    ]
    found = [kms.find(context.account, context.region, name) for name in names]
    return list(dict.fromkeys(key.arn for key in found if key is not None))
