"""CloudTrail: trails by name and by ARN, their logging and their selectors. Nothing is logged."""

import json

from moto.cloudtrail.exceptions import TrailNotFoundException
from moto.cloudtrail.models import Trail, cloudtrail_backends
from moto.cloudtrail.responses import CloudTrailResponse
from moto.s3.models import s3_backends

from . import core
from .core import Error, Params, as_list

# The selectors of a trail without its own.
_DEFAULT_SELECTORS = [
    {"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": [], "ExcludeManagementEventSources": []}
]

# Trails in a region, multi-Region trails included.
_QUOTA = 5


class CloudTrail(core.Service):
    model = "cloudtrail"
    backends = cloudtrail_backends
    fallback = CloudTrailResponse
    invalid = "InvalidParameterException"

    def create_trail(self, params: Params) -> Params:
        """AWS rejects a name in use, a sixth trail in a region, and a bucket that CloudTrail cannot write to."""
        if params["Name"] in self.state.trails:
            raise Error("TrailAlreadyExistsException", f"Trail {params['Name']} already exists in account")
        if len(self.state.describe_trails(True)) >= _QUOTA:
            raise Error(
                "MaximumNumberOfTrailsExceededException", f"User: {self.current_account} already has {_QUOTA} trails"
            )
        self._check_bucket(params["S3BucketName"])
        if params.get("IsMultiRegionTrail") and not params.get("IncludeGlobalServiceEvents", True):
            raise Error(
                "InvalidParameterCombinationException", "Multi-Region trail must include global service events."
            )
        trail = self.state.create_trail(
            params["Name"],
            params["S3BucketName"],
            params.get("S3KeyPrefix"),
            params.get("SnsTopicName"),
            params.get("IncludeGlobalServiceEvents", True),
            params.get("IsMultiRegionTrail", False),
            params.get("EnableLogFileValidation", False),
            params.get("IsOrganizationTrail", False),
            params.get("CloudWatchLogsLogGroupArn"),
            params.get("CloudWatchLogsRoleArn"),
            params.get("KmsKeyId"),
            params.get("TagsList", []),
        )
        return _described(trail)

    def describe_trails(self, params: Params) -> Params:
        """AWS returns the trails of the given names and ARNs, or all of them."""
        wanted = params.get("trailNameList")
        trails = self.state.describe_trails(params.get("includeShadowTrails", True))
        return {
            "trailList": [
                _described(trail) for trail in trails if not wanted or trail.trail_name in wanted or trail.arn in wanted
            ]
        }

    def get_trail(self, params: Params) -> Params:
        """AWS rejects a trail that does not exist."""
        return {"Trail": _described(self._trail(params["Name"]))}

    def start_logging(self, params: Params) -> None:
        """AWS accepts name or ARN, and accepts a trail that is logging."""
        self._trail(params["Name"]).start_logging()

    def stop_logging(self, params: Params) -> None:
        """AWS accepts name or ARN, and accepts a trail that is not logging."""
        self._trail(params["Name"]).stop_logging()

    def delete_trail(self, params: Params) -> None:
        """AWS accepts name or ARN, and rejects a trail that does not exist."""
        del self.state.trails[self._trail(params["Name"]).trail_name]

    def get_event_selectors(self, params: Params) -> Params:
        """AWS returns the selectors of either kind, or the default ones."""
        trail = self._trail(params["TrailName"])
        if trail.advanced_event_selectors:
            return {"TrailARN": trail.arn, "AdvancedEventSelectors": trail.advanced_event_selectors}
        return {"TrailARN": trail.arn, "EventSelectors": trail.event_selectors or _DEFAULT_SELECTORS}

    def put_event_selectors(self, params: Params) -> Params:
        """AWS replaces all selectors of both kinds."""
        trail = self._trail(params["TrailName"])
        if bool(params.get("EventSelectors")) == bool(params.get("AdvancedEventSelectors")):
            raise Error(
                "InvalidEventSelectorsException", "Either EventSelectors or AdvancedEventSelectors is needed, not both"
            )
        trail.event_selectors = [_DEFAULT_SELECTORS[0] | selector for selector in params.get("EventSelectors", [])]
        trail.advanced_event_selectors = params.get("AdvancedEventSelectors", [])
        return self.get_event_selectors(params)

    def get_insight_selectors(self, params: Params) -> Params:
        """AWS rejects a trail without insights."""
        trail = self._trail(params["TrailName"])
        if not trail.insight_selectors:
            raise Error("InsightNotEnabledException", f"Trail {trail.arn} does not have Insights enabled.")
        return {"TrailARN": trail.arn, "InsightSelectors": trail.insight_selectors}

    def put_insight_selectors(self, params: Params) -> Params:
        """AWS replaces all insight selectors."""
        trail = self._trail(params["TrailName"])
        trail.insight_selectors = params["InsightSelectors"]
        return {"TrailARN": trail.arn, "InsightSelectors": trail.insight_selectors}

    def _trail(self, name: str) -> Trail:
        try:
            trail: Trail = self.state.get_trail(name)
        except TrailNotFoundException:
            raise Error(
                "TrailNotFoundException", f"Unknown trail: {name} for the user: {self.current_account}"
            ) from None
        return trail

    def _check_bucket(self, name: str) -> None:
        if name not in s3_backends.bucket_accounts:
            raise Error("S3BucketDoesNotExistException", f"S3 bucket {name} does not exist!")
        partition, account = s3_backends.bucket_accounts[name]
        policy = s3_backends[account][partition].get_bucket(name).policy
        allowed: set[str] = set()
        for statement in as_list(json.loads(policy)["Statement"]) if policy else []:
            principal = statement.get("Principal", {})
            services = as_list(principal.get("Service", [])) if isinstance(principal, dict) else []
            if statement["Effect"] == "Allow" and "cloudtrail.amazonaws.com" in services:
                allowed.update(as_list(statement.get("Action", [])))
        if not {"s3:GetBucketAcl", "s3:PutObject"} <= allowed:
            raise Error(
                "InsufficientS3BucketPolicyException", f"Incorrect S3 bucket policy is detected for bucket: {name}"
            )


def _described(trail: Trail) -> Params:
    described: Params = trail.description(include_region=True)
    described["HasCustomEventSelectors"] = bool(trail.event_selectors or trail.advanced_event_selectors)
    described["HasInsightSelectors"] = bool(trail.insight_selectors)
    return described


def install() -> None:
    core.extend_moto(CloudTrail)
