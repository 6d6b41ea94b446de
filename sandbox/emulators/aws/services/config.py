"""AWS Config: recorder, delivery channel, rules, remediations, conformance packs. Nothing is evaluated."""

import secrets
from collections.abc import Callable

from moto.config.models import ConfigRule, config_backends
from moto.config.responses import ConfigResponse
from moto.core.base_backend import BackendDict
from moto.core.exceptions import JsonRESTError
from moto.core.utils import utcnow
from moto.s3.models import s3_backends

from . import core
from .core import Error, Params

_MAX_RULES = 1000
_STRATEGY_OF_ALL, _STRATEGY_OF_SOME = "ALL_SUPPORTED_RESOURCE_TYPES", "INCLUSION_BY_RESOURCE_TYPES"


class State(core.State):
    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.recorders: dict[str, Params] = {}
        self.recorder_status: dict[str, Params] = {}
        self.channels: dict[str, Params] = {}
        self.rules: dict[str, Params] = {}
        self.remediations: dict[str, Params] = {}
        self.packs: dict[str, Params] = {}
        self.tags: dict[str, dict[str, str]] = {}


recorded_backends = BackendDict(State, "config")


class Config(core.Service):
    model = "config"
    backends = recorded_backends
    fallback = ConfigResponse
    state: State

    def put_configuration_recorder(self, params: Params) -> None:
        """AWS allows one customer managed recorder per account and region, and fills in the group's defaults."""
        recorder = {"name": "default"} | params["ConfigurationRecorder"]
        name = recorder["name"]
        if name not in self.state.recorders and self.state.recorders:
            raise Error(
                "MaxNumberOfConfigurationRecordersExceededException",
                f"Failed to put configuration recorder '{name}' because the limit of 1 is reached.",
            )
        if not recorder.get("roleARN", "").startswith("arn:"):
            raise Error("InvalidRoleException", "You must provide a valid IAM role.")
        recorder["arn"] = self.arn(f"configuration-recorder/{name}")
        recorder["recordingScope"] = "PAID"
        recorder.setdefault("recordingMode", {"recordingFrequency": "CONTINUOUS"})
        recorder["recordingGroup"] = _recording_group(recorder.get("recordingGroup", {}))
        self.state.recorders[name] = recorder
        self.state.recorder_status.setdefault(name, {"name": name, "arn": recorder["arn"], "recording": False})
        self.state.tags.setdefault(recorder["arn"], {}).update(_by_key(params.get("Tags", [])))

    def describe_configuration_recorders(self, params: Params) -> Params:
        """AWS rejects a name that does not exist."""
        return {"ConfigurationRecorders": self._recorders(self.state.recorders, params)}

    def describe_configuration_recorder_status(self, params: Params) -> Params:
        """AWS returns the start of recording and the state of the last delivery."""
        return {"ConfigurationRecordersStatus": self._recorders(self.state.recorder_status, params)}

    def start_configuration_recorder(self, params: Params) -> None:
        """AWS requires a delivery channel to start a recorder."""
        status = self._status(params)
        if not self.state.channels:
            raise Error(
                "NoAvailableDeliveryChannelException",
                "Delivery channel is not available to start configuration recorder.",
            )
        now = utcnow()
        status.update(recording=True, lastStatus="Pending", lastStartTime=now, lastStatusChangeTime=now)

    def stop_configuration_recorder(self, params: Params) -> None:
        """AWS accepts a stopped recorder."""
        now = utcnow()
        self._status(params).update(recording=False, lastStopTime=now, lastStatusChangeTime=now)

    def delete_configuration_recorder(self, params: Params) -> None:
        """AWS deletes a running recorder too."""
        arn = self._status(params)["arn"]
        del self.state.recorders[params["ConfigurationRecorderName"]]
        del self.state.recorder_status[params["ConfigurationRecorderName"]]
        del self.state.tags[arn]

    def put_delivery_channel(self, params: Params) -> None:
        """AWS allows one channel, and requires a recorder and the bucket."""
        channel = {"name": "default"} | params["DeliveryChannel"]
        if not self.state.recorders:
            raise Error(
                "NoAvailableConfigurationRecorderException",
                "Configuration recorder is not available to put delivery channel.",
            )
        if channel["name"] not in self.state.channels and self.state.channels:
            raise Error(
                "MaxNumberOfDeliveryChannelsExceededException",
                f"Failed to put delivery channel '{channel['name']}' because the limit of 1 is reached.",
            )
        if channel.get("s3BucketName") not in s3_backends.bucket_accounts:
            raise Error(
                "NoSuchBucketException",
                f"Cannot find a S3 bucket with an empty bucket name or {channel.get('s3BucketName')}.",
            )
        self.state.channels[channel["name"]] = channel

    def describe_delivery_channels(self, params: Params) -> Params:
        """AWS rejects a name that does not exist."""
        return {"DeliveryChannels": _find_all(self.state.channels, params.get("DeliveryChannelNames"), _no_channel)}

    def describe_delivery_channel_status(self, params: Params) -> Params:
        """AWS returns the state of the last deliveries; here there is none."""
        channels = _find_all(self.state.channels, params.get("DeliveryChannelNames"), _no_channel)
        none = {"lastStatus": "Not_Applicable"}
        return {
            "DeliveryChannelsStatus": [
                {
                    "name": channel["name"],
                    "configSnapshotDeliveryInfo": none,
                    "configHistoryDeliveryInfo": none,
                    "configStreamDeliveryInfo": none,
                }
                for channel in channels
            ]
        }

    def delete_delivery_channel(self, params: Params) -> None:
        """AWS rejects the deletion while a recorder runs."""
        name = params["DeliveryChannelName"]
        if name not in self.state.channels:
            raise _no_channel(name)
        if any(status["recording"] for status in self.state.recorder_status.values()):
            raise Error(
                "LastDeliveryChannelDeleteFailedException",
                f"Failed to delete delivery channel '{name}', because there is a running configuration recorder.",
            )
        del self.state.channels[name]

    def put_config_rule(self, params: Params) -> None:
        """AWS requires a recorder, validates a managed rule's name and parameters, and replaces the whole rule."""
        rule = params["ConfigRule"]
        if not self.state.recorders:
            raise Error(
                "NoAvailableConfigurationRecorderException",
                "NoAvailableConfigurationRecorder: no configuration recorder is available to provide the role "
                "needed to describe your resources.",
            )
        known = next((r for r in list(self.state.rules.values()) if _identifies(rule, r)), None)
        name = known["ConfigRuleName"] if known else rule.get("ConfigRuleName")
        if not name:
            raise Error(
                "InvalidParameterValueException",
                "One or more identifiers needs to be provided. Provide Name or Id or Arn",
            )
        if known is None and len(self.state.rules) >= _MAX_RULES:
            raise Error(
                "MaxNumberOfConfigRulesExceededException",
                f"Failed to put config rule '{name}': {_MAX_RULES} is reached",
            )
        self._check_source(rule)
        key = known["ConfigRuleId"] if known else f"config-rule-{secrets.token_hex(3)}"
        self.state.rules[name] = (
            {"EvaluationModes": [{"Mode": "DETECTIVE"}]}
            | rule
            | {
                "ConfigRuleName": name,
                "ConfigRuleId": key,
                "ConfigRuleArn": self.arn(f"config-rule/{key}"),
                "ConfigRuleState": "ACTIVE",
            }
        )
        for detail in rule["Source"].get("SourceDetails", []):
            detail.setdefault("EventSource", "aws.config")
        self.state.tags.setdefault(self.arn(f"config-rule/{key}"), {}).update(_by_key(params.get("Tags", [])))

    def describe_config_rules(self, params: Params) -> Params:
        """AWS leaves out the text of a custom policy; GetCustomRulePolicy returns it."""
        return {"ConfigRules": [_without_text(rule) for rule in self._rules(params)]}

    def get_custom_rule_policy(self, params: Params) -> Params:
        """AWS returns the Guard text of a rule whose owner is CUSTOM_POLICY."""
        rule = self._rule(params["ConfigRuleName"])
        return {"PolicyText": rule["Source"].get("CustomPolicyDetails", {}).get("PolicyText")}

    def delete_config_rule(self, params: Params) -> None:
        """AWS rejects the deletion while the rule has a remediation."""
        rule = self._rule(params["ConfigRuleName"])
        if params["ConfigRuleName"] in self.state.remediations:
            raise Error(
                "ResourceInUseException",
                f"The rule {params['ConfigRuleName']} has a remediation action associated with it; delete that first",
            )
        del self.state.rules[params["ConfigRuleName"]]
        del self.state.tags[rule["ConfigRuleArn"]]

    def start_config_rules_evaluation(self, params: Params) -> None:
        """AWS evaluates in the background; here nothing happens."""
        self._rules(params)

    def describe_config_rule_evaluation_status(self, params: Params) -> Params:
        """AWS returns the time of the last evaluation; here there is none."""
        keys = ("ConfigRuleName", "ConfigRuleArn", "ConfigRuleId")
        return {
            "ConfigRulesEvaluationStatus": [
                {key: rule[key] for key in keys} | {"FirstEvaluationStarted": False} for rule in self._rules(params)
            ]
        }

    def describe_compliance_by_config_rule(self, params: Params) -> Params:
        """AWS returns INSUFFICIENT_DATA for a rule that was never evaluated."""
        if "INSUFFICIENT_DATA" not in params.get("ComplianceTypes", ["INSUFFICIENT_DATA"]):
            return {"ComplianceByConfigRules": []}
        return {
            "ComplianceByConfigRules": [
                {"ConfigRuleName": rule["ConfigRuleName"], "Compliance": {"ComplianceType": "INSUFFICIENT_DATA"}}
                for rule in self._rules(params)
            ]
        }

    def get_compliance_details_by_config_rule(self, params: Params) -> Params:
        """AWS returns evaluation results; here there are none."""
        self._rule(params["ConfigRuleName"])
        return {"EvaluationResults": []}

    def put_remediation_configurations(self, params: Params) -> Params:
        """AWS stores one remediation per rule, and rejects one without parameters or for an unknown rule."""
        for remediation in params["RemediationConfigurations"]:
            name = remediation["ConfigRuleName"]
            self._rule(name)
            if remediation.get("Automatic") and not (
                "MaximumAutomaticAttempts" in remediation and "RetryAttemptSeconds" in remediation
            ):
                raise Error(
                    "InvalidParameterValueException",
                    "If Automatic is true, MaximumAutomaticAttempts and RetryAttemptSeconds are needed.",
                )
            known = self.state.remediations.get(name)
            arn = known["Arn"] if known else self.arn(f"remediation-configuration/{name}/{secrets.token_hex(8)}")
            self.state.remediations[name] = {"Automatic": False} | remediation | {"Arn": arn}
        return {"FailedBatches": []}

    def describe_remediation_configurations(self, params: Params) -> Params:
        """AWS leaves out rules that have none."""
        return {
            "RemediationConfigurations": [
                self.state.remediations[name] for name in params["ConfigRuleNames"] if name in self.state.remediations
            ]
        }

    def delete_remediation_configuration(self, params: Params) -> None:
        """AWS rejects a rule that has none."""
        if self.state.remediations.pop(params["ConfigRuleName"], None) is None:
            raise Error("NoSuchRemediationConfigurationException", "No RemediationConfiguration for rule exists")

    def put_conformance_pack(self, params: Params) -> Params:
        """AWS creates a stack of the template's rules; here the pack is stored and its template is not read."""
        name = params["ConformancePackName"]
        if not any(key in params for key in ("TemplateBody", "TemplateS3Uri", "TemplateSSMDocumentDetails")):
            raise Error("InvalidParameterValueException", "The template is missing.")
        known = self.state.packs.get(name)
        key = known["ConformancePackId"] if known else f"conformance-pack-{secrets.token_hex(5)}"
        arn = self.arn(f"conformance-pack/{name}/{key}")
        self.state.packs[name] = params | {
            "ConformancePackId": key,
            "ConformancePackArn": arn,
            "LastUpdateRequestedTime": utcnow(),
        }
        self.state.tags.setdefault(arn, {}).update(_by_key(params.get("Tags", [])))
        return {"ConformancePackArn": arn}

    def describe_conformance_packs(self, params: Params) -> Params:
        """AWS rejects a name that does not exist."""
        return {"ConformancePackDetails": _find_all(self.state.packs, params.get("ConformancePackNames"), _no_pack)}

    def describe_conformance_pack_status(self, params: Params) -> Params:
        """AWS leaves out names that do not exist."""
        wanted = params.get("ConformancePackNames") or list(self.state.packs)
        return {
            "ConformancePackStatusDetails": [
                pack
                | {
                    "ConformancePackState": "CREATE_COMPLETE",
                    "StackArn": self.arn(f"stack/awsconfigconforms-{name}").replace(":config:", ":cloudformation:"),
                    "LastUpdateCompletedTime": pack["LastUpdateRequestedTime"],
                }
                for name, pack in self.state.packs.items()
                if name in wanted
            ]
        }

    def delete_conformance_pack(self, params: Params) -> None:
        """AWS rejects a name that does not exist."""
        [pack] = _find_all(self.state.packs, [params["ConformancePackName"]], _no_pack)
        del self.state.packs[params["ConformancePackName"]]
        del self.state.tags[pack["ConformancePackArn"]]

    def list_tags_for_resource(self, params: Params) -> Params:
        """AWS returns a list of keys and values."""
        return {"Tags": [{"Key": k, "Value": v} for k, v in self._tags(params).items()]}

    def tag_resource(self, params: Params) -> None:
        """AWS adds to the tags, replacing the values of keys that exist."""
        self._tags(params).update(_by_key(params["Tags"]))

    def untag_resource(self, params: Params) -> None:
        """AWS accepts keys that do not exist."""
        for key in params["TagKeys"]:
            self._tags(params).pop(key, None)

    def _recorders(self, things: dict[str, Params], params: Params) -> list[Params]:
        return _find_all(things, params.get("ConfigurationRecorderNames"), _no_recorder)

    def _status(self, params: Params) -> Params:
        [status] = _find_all(self.state.recorder_status, [params["ConfigurationRecorderName"]], _no_recorder)
        return status

    def _rule(self, name: str) -> Params:
        return _find_all(self.state.rules, [name], _no_rule)[0]

    def _rules(self, params: Params) -> list[Params]:
        return _find_all(self.state.rules, params.get("ConfigRuleNames"), _no_rule)

    def _check_source(self, rule: Params) -> None:
        source = rule["Source"]
        if source["Owner"] == "CUSTOM_POLICY":
            if "CustomPolicyDetails" not in source:
                raise Error(
                    "InvalidParameterValueException",
                    "CustomPolicyDetails should be provided if the owner is CUSTOM_POLICY",
                )
            return
        # moto has the managed rules with their parameters, and finds the function of a custom rule.
        wanted = {k: v for k, v in rule.items() if k not in ("ConfigRuleArn", "ConfigRuleId", "EvaluationModes")}
        try:
            ConfigRule(self.current_account, self.region, wanted, {})
        except JsonRESTError as error:
            raise Error(error.error_type, error.message) from None

    def _tags(self, params: Params) -> dict[str, str]:
        arn = params["ResourceArn"]
        if arn in self.state.tags:
            return self.state.tags[arn]
        # Aggregators and authorizations stay moto's.
        try:
            tags: dict[str, str] = config_backends[self.current_account][self.region]._match_arn(arn).tags
        except JsonRESTError as error:
            raise Error(error.error_type, error.message) from None
        return tags


def _recording_group(group: Params) -> Params:
    """The group as AWS returns it, with the strategy that its members imply."""
    types = group.get("resourceTypes", [])
    excluded = group.get("exclusionByResourceTypes", {}).get("resourceTypes", [])
    everything = group.get("allSupported", not types and not excluded)
    implied = _STRATEGY_OF_ALL if everything else "EXCLUSION_BY_RESOURCE_TYPES" if excluded else _STRATEGY_OF_SOME
    strategy = group.get("recordingStrategy", {}).get("useOnly", implied)
    with_global = group.get("includeGlobalResourceTypes", False)
    contradictions = (
        strategy != implied,
        everything and (types or excluded),
        types and excluded,
        strategy == _STRATEGY_OF_SOME and not types,
        with_global and not everything,
    )
    if any(contradictions):
        raise Error("InvalidRecordingGroupException", "The recording group provided is not valid")
    return {
        "allSupported": everything,
        "includeGlobalResourceTypes": with_global,
        "resourceTypes": types,
        "exclusionByResourceTypes": {"resourceTypes": excluded},
        "recordingStrategy": {"useOnly": strategy},
    }


def _identifies(rule: Params, known: Params) -> bool:
    return any(key in rule and rule[key] == known[key] for key in ("ConfigRuleName", "ConfigRuleArn", "ConfigRuleId"))


def _without_text(rule: Params) -> Params:
    source = rule["Source"]
    if "CustomPolicyDetails" not in source:
        return rule
    details = {k: v for k, v in source["CustomPolicyDetails"].items() if k != "PolicyText"}
    return rule | {"Source": source | {"CustomPolicyDetails": details}}


def _find_all(things: dict[str, Params], names: list[str] | None, missing: Callable[[str], Error]) -> list[Params]:
    for name in names or []:
        if name not in things:
            raise missing(name)
    return [things[name] for name in names or things]


def _no_recorder(name: str) -> Error:
    return Error(
        "NoSuchConfigurationRecorderException", f"Cannot find configuration recorder with the specified name '{name}'."
    )


def _no_channel(name: str) -> Error:
    return Error("NoSuchDeliveryChannelException", f"Cannot find delivery channel with specified name '{name}'.")


def _no_rule(name: str) -> Error:
    return Error("NoSuchConfigRuleException", f"The ConfigRule '{name}' provided in the request is invalid.")


def _no_pack(name: str) -> Error:
    return Error("NoSuchConformancePackException", f"The conformance pack '{name}' does not exist.")


def _by_key(tags: list[Params]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags}


def install() -> None:
    core.extend_moto(Config)
