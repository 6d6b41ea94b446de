"""The targets of an EventBridge rule: the message that each receives, and whether its policy allows the delivery."""

# pyright: reportAttributeAccessIssue=false, reportArgumentType=false, reportReturnType=false

import json
import re
import uuid
from collections.abc import Callable
from typing import Any

from moto.core.utils import iso_8601_datetime_without_milliseconds, unix_time, utcnow
from moto.events.models import Rule, events_backends
from moto.logs.models import logs_backends
from moto.sns.models import sns_backends
from moto.sqs.models import Queue, sqs_backends
from moto.utilities.utils import get_partition

from . import codepipeline, functions, kms, statements
from .core import Params, as_list, is_service_trusted
from .stepfunctions import stepfunctions_backends

_EVENTS = "events.amazonaws.com"
# AWS uses the target's role for these services; others have resource policies.
_WITH_ROLE = ("states", "codebuild", "codepipeline", "ecs", "kinesis", "ssm", "batch")
# Condition keys that are absent from a request of EventBridge.
_ABSENT = {
    *("aws:principalarn", "aws:principalaccount", "aws:principalorgid", "aws:principaltype", "aws:userid"),
    *("aws:sourceowner", "aws:sourceorgid", "aws:calledvia", "aws:sourcevpce", "aws:sourcevpc", "sns:endpoint"),
    *("sns:protocol", "kms:viaservice", "kms:calleraccount"),
}


class Undeliverable(Exception):
    """The reason why a target did not receive an event, with the error code of its dead letter."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def needs_role(rule: Rule, arn: str) -> bool:
    """AWS requires a role for a bus too, unless the bus is in the rule's account and region."""
    _, _, service, region, account, resource = arn.split(":", 5)
    elsewhere = (account, region) != (rule.account_id, rule.region_name)
    return service in _WITH_ROLE or (service == "events" and resource.startswith("event-bus/") and elsewhere)


def can_assume(rule: Rule, role_arn: str) -> bool:
    return is_service_trusted(rule.account_id, get_partition(rule.region_name), role_arn, _EVENTS)


def deliver(rule: Rule, target: Params, event: Params, forward: Callable[[str, str, str, Params], None]) -> None:
    """Delivers the event to the target, through forward if the target is a bus; raises Undeliverable.

    A kind of target without a case here (ECS, CodeBuild, …) receives nothing. No function runs: the emulator
    records its events.
    """
    arn = target["Arn"]
    _, _, service, region, account, resource = arn.split(":", 5)
    if needs_role(rule, arn) and not can_assume(rule, target.get("RoleArn", "")):
        raise Undeliverable("NO_PERMISSIONS", f"{_EVENTS} cannot assume the role {target.get('RoleArn')}")
    match service:
        case "sqs":
            group = target.get("SqsParameters", {}).get("MessageGroupId")
            _send(rule, arn, build_message(rule, target, event), group_id=group)
        case "sns":
            _publish(rule, arn, build_message(rule, target, event))
        case "lambda":
            _invoke(rule, arn, build_message(rule, target, event))
        case "states":
            machines = stepfunctions_backends[account][region]
            if all(machine.arn != arn for machine in machines.state_machines):
                raise Undeliverable("NO_RESOURCE", f"State Machine Does Not Exist: '{arn}'")
            machines.start_execution(arn, str(uuid.uuid4()), build_message(rule, target, event))
        case "codepipeline":
            parameters = json.loads(build_message(rule, target, event))
            if not codepipeline.start_for_rule(arn, rule.arn, parameters if isinstance(parameters, dict) else {}):
                raise Undeliverable("NO_RESOURCE", f"Pipeline does not exist: {arn}")
        case "logs":
            _log(arn, build_message(rule, target, event))
        case "events" if resource.startswith("event-bus/"):
            bus = resource.removeprefix("event-bus/")
            if bus not in events_backends[account][region].event_buses:
                raise Undeliverable("NO_RESOURCE", f"Event bus {bus} does not exist.")
            forward(account, region, bus, event)


def send_to_dead_letter_queue(rule: Rule, target: Params, event: Params, reason: Undeliverable) -> None:
    """Puts the event into the target's dead letter queue, with AWS's attributes."""
    queue = target.get("DeadLetterConfig", {}).get("Arn")
    if not queue:
        return
    reasons = {
        "RULE_ARN": rule.arn,
        "TARGET_ARN": target["Arn"],
        "ERROR_CODE": reason.code,
        "ERROR_MESSAGE": str(reason),
        # Amazon EventBridge User Guide, Using dead-letter queues: a delivery without
        # permission, or to a missing target, is not retried.
        "RETRY_ATTEMPTS": "0",
    }
    attributes = {name: {"DataType": "String", "StringValue": value} for name, value in reasons.items()}
    _send(rule, queue, json.dumps(event), message_attributes=attributes)


def _send(rule: Rule, arn: str, body: str, **more: Any) -> None:
    _, _, _, region, account, name = arn.split(":", 5)
    queue: Queue | None = sqs_backends[account][region].queues.get(name)
    if queue is None:
        raise Undeliverable("NO_RESOURCE", f"The specified queue does not exist: {arn}")
    _check_permission(rule, getattr(queue, "policy", None), "sqs:SendMessage", arn)
    _check_key(rule, account, region, queue.kms_master_key_id)
    sqs_backends[account][region].send_message(queue_name=name, message_body=body, **more)


def _invoke(rule: Rule, arn: str, event: str) -> None:
    function = functions.find(arn)
    if function is None:
        raise Undeliverable("NO_RESOURCE", f"Function not found: {arn}")
    _check_permission(rule, functions.policy_of(function), "lambda:InvokeFunction", arn)
    functions.invoke(arn, event)


def _log(arn: str, message: str) -> None:
    _, _, _, region, account, resource = arn.split(":", 5)
    name = resource.removeprefix("log-group:").removesuffix(":*")
    logs, stream = logs_backends[account][region], str(uuid.uuid4())
    if name not in logs.groups:
        raise Undeliverable("NO_RESOURCE", f"The specified log group does not exist: {name}")
    logs.create_log_stream(name, stream)
    logs.put_log_events(name, stream, [{"timestamp": unix_time() * 1000, "message": message}])


def _publish(rule: Rule, arn: str, text: str) -> None:
    _, _, _, region, account, _ = arn.split(":", 5)
    topic = sns_backends[account][region].topics.get(arn)
    if topic is None:
        raise Undeliverable("NO_RESOURCE", f"Topic does not exist: {arn}")
    _check_permission(rule, topic.policy, "sns:Publish", arn)
    _check_key(rule, account, region, topic.kms_master_key_id)
    sns_backends[account][region].publish(message=text, arn=arn)


def _check_key(rule: Rule, account: str, region: str, key_id: str | None) -> None:
    """AWS uses the key as EventBridge, which the policy of AWS managed keys does not allow."""
    if not key_id:
        return
    if key_id.rpartition(":")[2].startswith("alias/aws/"):
        raise Undeliverable("NO_PERMISSIONS", f"{_EVENTS} may not use {key_id}")
    key = kms.find(account, region, key_id)
    if key is None:
        raise Undeliverable("NO_RESOURCE", f"Key does not exist: {key_id}")
    for action in ("kms:GenerateDataKey", "kms:Decrypt"):
        _check_permission(rule, key.policy, action, key.arn)


def _check_permission(rule: Rule, policy: str | None, action: str, resource: str) -> None:
    context = {
        "aws:sourcearn": rule.arn,
        "aws:sourceaccount": rule.account_id,
        "aws:securetransport": "true",
        "aws:principalisawsservice": "true",
        "aws:principalservicename": _EVENTS,
    }
    if not statements.verdict(policy, statements.Request(action, resource, _is_events, context, _ABSENT)):
        raise Undeliverable("NO_PERMISSIONS", f"{_EVENTS} may not do {action} on {resource} for {rule.arn}")


def _is_events(element: Any) -> bool:
    return element == "*" or _EVENTS in as_list(element.get("Service", [])) or "*" in as_list(element.get("AWS", []))


def build_message(rule: Rule, target: Params, event: Params) -> str:
    """The target's message: the event, a constant, a part of the event, or a template filled from it."""
    if "Input" in target:
        return str(target["Input"])
    if "InputPath" in target:
        return json.dumps(_value_at(event, target["InputPath"]))
    transformer = target.get("InputTransformer")
    if transformer is None:
        return json.dumps(event)
    values = {name: _value_at(event, path) for name, path in transformer.get("InputPathsMap", {}).items()} | {
        "aws.events.rule-arn": rule.arn,
        "aws.events.rule-name": rule.name,
        "aws.events.event.ingestion-time": iso_8601_datetime_without_milliseconds(utcnow()),
        "aws.events.event": {name: value for name, value in event.items() if name != "detail"},
        "aws.events.event.json": event,
    }
    return _fill_template(str(transformer["InputTemplate"]), values)


def _fill_template(template: str, values: Params) -> str:
    """Inserts a value as JSON, and without quotes inside a string.

    Amazon EventBridge User Guide, Input transformation: a value that the event does not
    have is empty, and a value inside a string is not escaped.
    """

    def put(found: re.Match[str]) -> str:
        quoted, name = found.group("string"), found.group("name")
        if quoted:
            return re.sub(r"<([^<>\s]+)>", plain, quoted)
        if name not in values:
            return found.group()
        return "" if values[name] is None else json.dumps(values[name])

    def plain(found: re.Match[str]) -> str:
        if found.group(1) not in values:
            return found.group()
        value = values[found.group(1)]
        return "" if value is None else value if isinstance(value, str) else json.dumps(value)

    return re.sub(r'(?P<string>"(?:[^"\\]|\\.)*")|<(?P<name>[^<>\s"]+)>', put, template)


def _value_at(event: Params, path: str) -> Any:
    """The value at a path like $.detail.resources[0].ARN; None if the path does not match."""
    found: Any = event
    for name, index in re.findall(r"([^.\[\]$]+)|\[(\d+)\]", path):
        try:
            found = found[int(index)] if index else found[name]
        except (KeyError, IndexError, TypeError):
            return None
    return found
