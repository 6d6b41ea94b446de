"""GuardDuty: the detector of an account and region, its features, filters and publishing destinations."""

import uuid

from moto.core.base_backend import BackendDict
from moto.core.utils import iso_8601_datetime_with_milliseconds, utcnow

from . import core
from .core import Error, Params

# Foundational: always on, not configurable.
_ALWAYS_ON = ("CLOUD_TRAIL", "DNS_LOGS", "FLOW_LOGS")
# On for a new detector unless the request says otherwise.
_ON_BY_DEFAULT = (
    "S3_DATA_EVENTS",
    "EKS_AUDIT_LOGS",
    "EBS_MALWARE_PROTECTION",
    "RDS_LOGIN_EVENTS",
    "LAMBDA_NETWORK_LOGS",
)
# In the order in which AWS returns them.
_ADDITIONAL = {
    "EKS_RUNTIME_MONITORING": ("EKS_ADDON_MANAGEMENT",),
    "RUNTIME_MONITORING": ("EKS_ADDON_MANAGEMENT", "EC2_AGENT_MANAGEMENT", "ECS_FARGATE_AGENT_MANAGEMENT"),
}


class State(core.State):
    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.detectors: dict[str, Params] = {}
        self.filters: dict[str, dict[str, Params]] = {}
        self.destinations: dict[str, dict[str, Params]] = {}
        self.findings: dict[str, dict[str, Params]] = {}
        self.tags: dict[str, dict[str, str]] = {}
        self.administrators: list[str] = []


guardduty_backends = BackendDict(State, "guardduty")


class GuardDuty(core.Service):
    model = "guardduty"
    backends = guardduty_backends
    invalid = "BadRequestException"
    state: State

    def create_detector(self, params: Params) -> Params:
        """AWS allows one detector per account and region, and enables all features except the runtime ones."""
        if self.state.detectors:
            self._refuse("a detector already exists for the current account.")
        key = uuid.uuid4().hex
        now = utcnow()
        detector = {
            "Status": _status(params["Enable"]),
            "FindingPublishingFrequency": params.get("FindingPublishingFrequency", "SIX_HOURS"),
            "ServiceRole": f"arn:{self.partition}:iam::{self.current_account}:role/aws-service-role/"
            "guardduty.amazonaws.com/AWSServiceRoleForAmazonGuardDuty",
            "CreatedAt": iso_8601_datetime_with_milliseconds(now),
            "UpdatedAt": iso_8601_datetime_with_milliseconds(now),
            "Features": [{"Name": name, "Status": "ENABLED", "UpdatedAt": now} for name in _ALWAYS_ON + _ON_BY_DEFAULT]
            + [
                {
                    "Name": name,
                    "Status": "DISABLED",
                    "UpdatedAt": now,
                    "AdditionalConfiguration": [
                        {"Name": n, "Status": "DISABLED", "UpdatedAt": now} for n in additional
                    ],
                }
                for name, additional in _ADDITIONAL.items()
            ],
        }
        self.state.detectors[key] = detector
        self.state.filters[key], self.state.destinations[key], self.state.findings[key] = {}, {}, {}
        self.state.tags[self.arn(f"detector/{key}")] = params.get("Tags", {})
        self._configure(detector, params)
        return {"DetectorId": key}

    def get_detector(self, params: Params) -> Params:
        """AWS returns the features, and the same content as the older data sources."""
        detector = self._detector(params)
        status = {feature["Name"]: {"Status": feature["Status"]} for feature in detector["Features"]}
        return detector | {
            "Tags": self.state.tags[self.arn(f"detector/{params['DetectorId']}")],
            "DataSources": {
                "CloudTrail": status["CLOUD_TRAIL"],
                "DNSLogs": status["DNS_LOGS"],
                "FlowLogs": status["FLOW_LOGS"],
                "S3Logs": status["S3_DATA_EVENTS"],
                "Kubernetes": {"AuditLogs": status["EKS_AUDIT_LOGS"]},
                "MalwareProtection": {
                    "ScanEc2InstanceWithFindings": {"EbsVolumes": status["EBS_MALWARE_PROTECTION"]},
                    "ServiceRole": f"arn:{self.partition}:iam::{self.current_account}:role/aws-service-role/"
                    "malware-protection.guardduty.amazonaws.com/AWSServiceRoleForAmazonGuardDutyMalwareProtection",
                },
            },
        }

    def list_detectors(self, params: Params) -> Params:
        """AWS returns ids only."""
        return {"DetectorIds": list(self.state.detectors)}

    def update_detector(self, params: Params) -> None:
        """AWS changes the named features only."""
        detector = self._detector(params)
        if "Enable" in params:
            detector["Status"] = _status(params["Enable"])
        if "FindingPublishingFrequency" in params:
            detector["FindingPublishingFrequency"] = params["FindingPublishingFrequency"]
        detector["UpdatedAt"] = iso_8601_datetime_with_milliseconds(utcnow())
        self._configure(detector, params)

    def delete_detector(self, params: Params) -> None:
        """AWS deletes the detector with its filters, destinations and findings."""
        self._detector(params)
        key = params["DetectorId"]
        for below in (self.state.detectors, self.state.filters, self.state.destinations, self.state.findings):
            del below[key]
        prefix = self.arn(f"detector/{key}")
        self.state.tags = {arn: tags for arn, tags in self.state.tags.items() if not arn.startswith(prefix)}

    def create_filter(self, params: Params) -> Params:
        """AWS stores filters by name."""
        filters = self._of_detector(self.state.filters, params)
        name = params["Name"]
        if name in filters:
            self._refuse("the filter name already exists.")
        filters[name] = {"Action": "NOOP", "Rank": len(filters) + 1} | params
        self.state.tags[self._filter_arn(params["DetectorId"], name)] = params.get("Tags", {})
        return {"Name": name}

    def get_filter(self, params: Params) -> Params:
        """AWS rejects a name that does not exist."""
        found = self._filter(params)
        return found | {"Tags": self.state.tags[self._filter_arn(params["DetectorId"], params["FilterName"])]}

    def list_filters(self, params: Params) -> Params:
        """AWS returns names only."""
        return {"FilterNames": list(self._of_detector(self.state.filters, params))}

    def update_filter(self, params: Params) -> Params:
        """AWS replaces the members that are sent."""
        self._filter(params).update(params)
        return {"Name": params["FilterName"]}

    def delete_filter(self, params: Params) -> None:
        """AWS rejects a name that does not exist."""
        self._filter(params)
        del self.state.filters[params["DetectorId"]][params["FilterName"]]
        del self.state.tags[self._filter_arn(params["DetectorId"], params["FilterName"])]

    def create_publishing_destination(self, params: Params) -> Params:
        """AWS publishes to S3 only, and requires a KMS key."""
        properties = params["DestinationProperties"]
        if not properties.get("DestinationArn") or not properties.get("KmsKeyArn"):
            self._refuse("the destination needs a bucket and a KMS key.")
        key = uuid.uuid4().hex
        self._of_detector(self.state.destinations, params)[key] = {
            "DestinationId": key,
            "DestinationType": params["DestinationType"],
            "Status": "PUBLISHING",
            "PublishingFailureStartTimestamp": 0,
            "DestinationProperties": properties,
        }
        return {"DestinationId": key}

    def describe_publishing_destination(self, params: Params) -> Params:
        """AWS rejects an id that does not exist."""
        return self._destination(params)

    def list_publishing_destinations(self, params: Params) -> Params:
        """AWS returns id, type and status."""
        return {"Destinations": list(self._of_detector(self.state.destinations, params).values())}

    def update_publishing_destination(self, params: Params) -> None:
        """AWS replaces the properties."""
        self._destination(params)["DestinationProperties"] = params["DestinationProperties"]

    def delete_publishing_destination(self, params: Params) -> None:
        """AWS rejects an id that does not exist."""
        self._destination(params)
        del self.state.destinations[params["DetectorId"]][params["DestinationId"]]

    def create_sample_findings(self, params: Params) -> None:
        """AWS creates one finding of each named type, marked as a sample in its title."""
        findings = self._of_detector(self.state.findings, params)
        now = iso_8601_datetime_with_milliseconds()
        for kind in params.get("FindingTypes", []):
            key = uuid.uuid4().hex
            findings[key] = {
                "Id": key,
                "Arn": self.arn(f"detector/{params['DetectorId']}/finding/{key}"),
                "AccountId": self.current_account,
                "Partition": self.partition,
                "Region": self.region,
                "SchemaVersion": "2.0",
                "Type": kind,
                "Severity": 5,
                "Title": f"[SAMPLE] {kind}",
                "Description": f"[SAMPLE] {kind}",
                "CreatedAt": now,
                "UpdatedAt": now,
                "Resource": {"ResourceType": "Instance"},
                "Service": {
                    "Archived": False,
                    "Count": 1,
                    "DetectorId": params["DetectorId"],
                    "ServiceName": "guardduty",
                },
            }

    def list_findings(self, params: Params) -> Params:
        """AWS returns the ids of findings that meet the criteria; here only type and archived are evaluated."""
        criteria = params.get("FindingCriteria", {}).get("Criterion", {})

        def meets(finding: Params) -> bool:
            values = {"type": finding["Type"], "service.archived": str(finding["Service"]["Archived"]).lower()}
            return all(
                values.get(field) in (condition.get("Equals") or condition.get("Eq") or [values.get(field)])
                for field, condition in criteria.items()
            )

        return {"FindingIds": [k for k, f in self._of_detector(self.state.findings, params).items() if meets(f)]}

    def get_findings(self, params: Params) -> Params:
        """AWS returns the requested findings that exist."""
        findings = self._of_detector(self.state.findings, params)
        return {"Findings": [findings[key] for key in params["FindingIds"] if key in findings]}

    def archive_findings(self, params: Params) -> None:
        """AWS marks findings as archived and keeps them."""
        for finding in self.get_findings(params)["Findings"]:
            finding["Service"]["Archived"] = True

    def enable_organization_admin_account(self, params: Params) -> None:
        """AWS allows one delegated administrator per organization."""
        self.state.administrators = [params["AdminAccountId"]]

    def disable_organization_admin_account(self, params: Params) -> None:
        """AWS removes the delegation."""
        self.state.administrators = []

    def list_organization_admin_accounts(self, params: Params) -> Params:
        """AWS returns the delegated administrator and that it is enabled."""
        return {
            "AdminAccounts": [{"AdminAccountId": key, "AdminStatus": "ENABLED"} for key in self.state.administrators]
        }

    def list_members(self, params: Params) -> Params:
        """AWS returns the member accounts; here there are none."""
        self._detector(params)
        return {"Members": []}

    def get_administrator_account(self, params: Params) -> Params:
        """AWS returns nothing for an account without an administrator."""
        self._detector(params)
        return {"Administrator": {}}

    def list_tags_for_resource(self, params: Params) -> Params:
        """AWS returns a map."""
        return {"Tags": self._tags(params)}

    def tag_resource(self, params: Params) -> None:
        """AWS adds to the tags, replacing the values of keys that exist."""
        self._tags(params).update(params["Tags"])

    def untag_resource(self, params: Params) -> None:
        """AWS accepts keys that do not exist."""
        for key in params["TagKeys"]:
            self._tags(params).pop(key, None)

    def _configure(self, detector: Params, params: Params) -> None:
        """Applies the features of a request, or the data sources that older clients send instead."""
        sources = params.get("DataSources", {})
        wanted: list[Params] = [*params.get("Features", [])]
        if "S3Logs" in sources:
            wanted.append({"Name": "S3_DATA_EVENTS", "Status": _status(sources["S3Logs"]["Enable"])})
        if "Kubernetes" in sources:
            wanted.append({"Name": "EKS_AUDIT_LOGS", "Status": _status(sources["Kubernetes"]["AuditLogs"]["Enable"])})
        if "MalwareProtection" in sources:
            volumes = sources["MalwareProtection"].get("ScanEc2InstanceWithFindings", {}).get("EbsVolumes", False)
            wanted.append({"Name": "EBS_MALWARE_PROTECTION", "Status": _status(volumes)})
        now = utcnow()
        for want in wanted:
            feature = _named(detector["Features"], want["Name"])
            feature.update(Status=want["Status"], UpdatedAt=now)
            for additional in want.get("AdditionalConfiguration", []):
                if additional["Name"] not in _ADDITIONAL.get(want["Name"], ()):
                    self._refuse(f"{want['Name']} has no additional configuration {additional['Name']}.")
                _named(feature["AdditionalConfiguration"], additional["Name"]).update(additional, UpdatedAt=now)

    def _detector(self, params: Params) -> Params:
        return self._of_detector(self.state.detectors, params)

    def _of_detector(self, things: dict[str, Params], params: Params) -> Params:
        if params["DetectorId"] not in things:
            self._refuse("the input detectorId is not owned by the current account.")
        return things[params["DetectorId"]]

    def _filter(self, params: Params) -> Params:
        filters = self._of_detector(self.state.filters, params)
        if params["FilterName"] not in filters:
            self._refuse("no such resource found.")
        found: Params = filters[params["FilterName"]]
        return found

    def _destination(self, params: Params) -> Params:
        destinations = self._of_detector(self.state.destinations, params)
        if params["DestinationId"] not in destinations:
            self._refuse("no such resource found.")
        found: Params = destinations[params["DestinationId"]]
        return found

    def _filter_arn(self, detector: str, name: str) -> str:
        return self.arn(f"detector/{detector}/filter/{name}")

    def _tags(self, params: Params) -> dict[str, str]:
        if params["ResourceArn"] not in self.state.tags:
            self._refuse("no such resource found.")
        return self.state.tags[params["ResourceArn"]]

    def _refuse(self, why: str) -> None:
        raise Error("BadRequestException", f"The request is rejected because {why}")


def _status(enabled: bool) -> str:
    return "ENABLED" if enabled else "DISABLED"


def _named(things: list[Params], name: str) -> Params:
    return next(thing for thing in things if thing["Name"] == name)


def install() -> None:
    core.serve(GuardDuty, "guardduty")
