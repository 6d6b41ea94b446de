"""The operations of CodeCommit on pull requests: approvals, overrides and merges."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime

from moto.core.utils import utcnow

from . import approval_rules
from .branches import Branches, Repository
from .core import Error, Params
from .git_objects import merge_base


@dataclass
class PullRequest:
    # The response of AWS, with one target.
    response: Params
    # The approvers, and the principal that overrode the rules, by revision.
    approvers: dict[str, list[str]] = field(default_factory=dict)
    overriders: dict[str, str] = field(default_factory=dict)

    @property
    def target(self) -> Params:
        target: Params = self.response["pullRequestTargets"][0]
        return target

    @property
    def revision(self) -> str:
        return str(self.response["revisionId"])

    @property
    def is_open(self) -> bool:
        return bool(self.response["pullRequestStatus"] == "OPEN")

    def evaluate(self) -> Params:
        """Evaluates the rules for the current revision."""
        approvers = self.approvers.get(self.revision, [])
        verdicts = {
            rule["approvalRuleName"]: approval_rules.is_satisfied(rule["approvalRuleContent"], approvers)
            for rule in self.response["approvalRules"]
        }
        return {
            "approved": all(verdicts.values()),
            "overridden": self.revision in self.overriders,
            "approvalRulesSatisfied": [name for name, verdict in verdicts.items() if verdict],
            "approvalRulesNotSatisfied": [name for name, verdict in verdicts.items() if not verdict],
        }


class PullRequests(Branches):
    def create_pull_request(self, params: Params) -> Params:
        """AWS adds the rules of the repository's templates that apply to its destination."""
        if len(params["targets"]) != 1:
            raise Error("InvalidTargetsException", "A pull request has one target")
        [target] = params["targets"]
        repository = self._repository(target)
        default = repository.metadata.get("defaultBranch", "")
        source, destination = (
            name.removeprefix("refs/heads/")
            for name in (target["sourceReference"], target.get("destinationReference", default))
        )
        if source == destination:
            raise Error("SourceAndDestinationAreSameException", f"Both branches are {source}")
        _tip(repository, source)
        now = utcnow()
        self.state.last_number += 1
        key = str(self.state.last_number)
        pull = PullRequest(
            {
                "pullRequestId": key,
                "title": params["title"],
                "description": params.get("description"),
                "creationDate": now,
                "lastActivityDate": now,
                "pullRequestStatus": "OPEN",
                "authorArn": self.caller,
                "clientRequestToken": params.get("clientRequestToken"),
                "revisionId": _revision(),
                "approvalRules": self._rules(repository, f"refs/heads/{destination}", now),
                "pullRequestTargets": [
                    {
                        "repositoryName": repository.name,
                        "sourceReference": f"refs/heads/{source}",
                        "destinationReference": f"refs/heads/{destination}",
                        "mergeMetadata": {"isMerged": False},
                    }
                    | _tips(repository, source, destination)
                ],
            }
        )
        self.state.pull_requests[key] = pull
        self._put_pull_request_event(pull, "pullRequestCreated")
        return {"pullRequest": pull.response}

    def get_pull_request(self, params: Params) -> Params:
        """AWS rejects an id that does not exist."""
        return {"pullRequest": self._pull_request(params).response}

    def list_pull_requests(self, params: Params) -> Params:
        """AWS returns the ids, newest first."""
        name = self._repository(params).name
        wanted = {key: params.get(key) for key in ("authorArn", "pullRequestStatus")}
        return {
            "pullRequestIds": [
                key
                for key, pull in reversed(self.state.pull_requests.items())
                if pull.target["repositoryName"] == name
                and all(value in (None, pull.response[member]) for member, value in wanted.items())
            ]
        }

    def update_pull_request_status(self, params: Params) -> Params:
        """AWS never reopens a closed pull request."""
        pull, status = self._pull_request(params), params["pullRequestStatus"]
        if status == "OPEN" and not pull.is_open:
            raise Error("InvalidPullRequestStatusUpdateException", "The pull request is closed")
        if status != pull.response["pullRequestStatus"]:
            pull.response |= {"pullRequestStatus": status, "lastActivityDate": utcnow()}
            self._put_pull_request_event(pull, "pullRequestStatusChanged")
        return {"pullRequest": pull.response}

    def update_pull_request_approval_state(self, params: Params) -> None:
        """AWS accepts an approval of the newest revision, from everybody except the author."""
        pull = self._open_pull_request(params)
        if self.caller == pull.response["authorArn"]:
            raise Error("PullRequestCannotBeApprovedByAuthorException", f"{self.caller} is the author")
        approvers = pull.approvers.setdefault(pull.revision, [])
        if self.caller in approvers:
            approvers.remove(self.caller)
        if params["approvalState"] == "APPROVE":
            approvers.append(self.caller)
        self._put_pull_request_event(pull, "pullRequestApprovalStateChanged", approvalStatus=params["approvalState"])

    def get_pull_request_approval_states(self, params: Params) -> Params:
        """AWS does not return revoked approvals."""
        approvers = self._pull_request(params).approvers.get(params["revisionId"], [])
        return {"approvals": [{"userArn": arn, "approvalState": "APPROVE"} for arn in approvers]}

    def evaluate_pull_request_approval_rules(self, params: Params) -> Params:
        """AWS evaluates the newest revision only."""
        pull = self._pull_request(params)
        _check_revision(pull, params)
        return {"evaluation": pull.evaluate()}

    def override_pull_request_approval_rules(self, params: Params) -> None:
        """AWS overrides all rules of the newest revision, or revokes the override."""
        pull = self._open_pull_request(params)
        if params["overrideStatus"] == "REVOKE":
            pull.overriders.pop(pull.revision, None)
        elif pull.revision in pull.overriders:
            raise Error("OverrideAlreadySetException", "The rules are overridden already")
        else:
            pull.overriders[pull.revision] = self.caller
        self._put_pull_request_event(pull, "pullRequestApprovalRuleOverridden", overrideStatus=params["overrideStatus"])

    def get_pull_request_override_state(self, params: Params) -> Params:
        """AWS returns the principal that overrode the rules."""
        overrider = self._pull_request(params).overriders.get(params["revisionId"])
        return {"overridden": overrider is not None, "overrider": overrider}

    def merge_pull_request_by_fast_forward(self, params: Params) -> Params:
        """AWS fast-forwards the destination to the source, and closes the pull request."""
        return self._merge_pull(params, "FAST_FORWARD_MERGE")

    def merge_pull_request_by_squash(self, params: Params) -> Params:
        """AWS makes one commit on the destination, and closes the pull request."""
        return self._merge_pull(params, "SQUASH_MERGE")

    def merge_pull_request_by_three_way(self, params: Params) -> Params:
        """AWS makes a commit with two parents on the destination, and closes the pull request."""
        return self._merge_pull(params, "THREE_WAY_MERGE")

    def _merge_pull(self, params: Params, option: str) -> Params:
        pull, repository = self._pull_request(params), self._repository(params)
        target = pull.target
        if repository.name != target["repositoryName"]:
            raise Error("RepositoryNotAssociatedWithPullRequestException", f"It is not of {repository.name}")
        if not pull.is_open:
            raise Error("PullRequestAlreadyClosedException", "The pull request is closed")
        source, destination = _names(target)
        tip = _tip(repository, source)
        _tip(repository, destination)
        if params.get("sourceCommitId", tip) != tip:
            raise Error("TipOfSourceReferenceIsDifferentException", f"The tip of {source} is {tip}")
        evaluation = pull.evaluate()
        if not evaluation["approved"] and not evaluation["overridden"]:
            names = ", ".join(evaluation["approvalRulesNotSatisfied"])
            raise Error("PullRequestApprovalRulesNotSatisfiedException", f"Not satisfied: {names}")
        pull.response["pullRequestStatus"] = "CLOSED"
        try:
            commit = self._merge(repository, destination, tip, option, params)
        except Error:
            pull.response["pullRequestStatus"] = "OPEN"
            raise
        pull.response["lastActivityDate"] = utcnow()
        target["mergeMetadata"] = {
            "isMerged": True,
            "mergedBy": self.caller,
            "mergeCommitId": commit.key,
            "mergeOption": option,
        }
        self._put_pull_request_event(pull, "pullRequestMergeStatusUpdated", mergeOption=option)
        return {"pullRequest": pull.response}

    def _update_pull_requests(self, repository: Repository, branch: str) -> None:
        """A new commit on the source creates a new revision without approvals."""
        for pull in self.state.pull_requests.values():
            names = _names(pull.target)
            if not pull.is_open or pull.target["repositoryName"] != repository.name or branch not in names:
                continue
            if any(name not in repository.branches for name in names):
                continue
            pull.target.update(_tips(repository, *names))
            if branch == names[0]:
                pull.response |= {"revisionId": _revision(), "lastActivityDate": utcnow()}
                self._put_pull_request_event(pull, "pullRequestSourceBranchUpdated")

    def _rules(self, repository: Repository, reference: str, now: datetime) -> list[Params]:
        templates = [self.state.templates[name] for name in repository.templates]
        return [
            {
                "approvalRuleId": str(uuid.uuid4()),
                "approvalRuleName": template["approvalRuleTemplateName"],
                "approvalRuleContent": template["approvalRuleTemplateContent"],
                "ruleContentSha256": template["ruleContentSha256"],
                "creationDate": now,
                "lastModifiedDate": now,
                "lastModifiedUser": self.caller,
                "originApprovalRuleTemplate": {
                    key: template[key] for key in ("approvalRuleTemplateId", "approvalRuleTemplateName")
                },
            }
            for template in templates
            if approval_rules.applies_to(template["approvalRuleTemplateContent"], reference)
        ]

    def _put_pull_request_event(self, pull: PullRequest, event: str, **more: str) -> None:
        response, target = pull.response, pull.target
        detail = {
            "event": event,
            "pullRequestId": response["pullRequestId"],
            "title": response["title"],
            "description": response["description"],
            "author": response["authorArn"],
            "creationDate": format_time(response["creationDate"]),
            "lastModifiedDate": format_time(response["lastActivityDate"]),
            "isMerged": str(target["mergeMetadata"]["isMerged"]),
            "pullRequestStatus": response["pullRequestStatus"].capitalize(),
            "repositoryNames": [target["repositoryName"]],
            "revisionId": pull.revision,
            "notificationBody": "A pull request event occurred in the following AWS CodeCommit repository: "
            f"{target['repositoryName']}. User: {self.caller}. Event: {event}. "
            f"Pull request: {response['pullRequestId']}.",
        }
        members = ("sourceReference", "destinationReference", "sourceCommit", "destinationCommit")
        repository = self.state.repositories[target["repositoryName"]]
        detail |= {name: target[name] for name in members} | more
        self._put_event("Pull Request State Change", [repository], detail)

    def _pull_request(self, params: Params) -> PullRequest:
        if params["pullRequestId"] not in self.state.pull_requests:
            raise Error("PullRequestDoesNotExistException", f"Pull request {params['pullRequestId']} does not exist")
        pull: PullRequest = self.state.pull_requests[params["pullRequestId"]]
        return pull

    def _open_pull_request(self, params: Params) -> PullRequest:
        pull = self._pull_request(params)
        if not pull.is_open:
            raise Error("PullRequestAlreadyClosedException", "The pull request is closed")
        _check_revision(pull, params)
        return pull


def format_time(moment: datetime) -> str:
    """Formats a time as CodeCommit's events do."""
    return moment.strftime("%a %b %d %H:%M:%S UTC %Y")


def _check_revision(pull: PullRequest, params: Params) -> None:
    if params["revisionId"] != pull.revision:
        raise Error("RevisionNotCurrentException", f"The newest revision is {pull.revision}")


def _names(target: Params) -> tuple[str, str]:
    """The source and destination branches of a pull request."""
    source, destination = target["sourceReference"], target["destinationReference"]
    return source.removeprefix("refs/heads/"), destination.removeprefix("refs/heads/")


def _tip(repository: Repository, branch: str) -> str:
    if branch not in repository.branches:
        raise Error("ReferenceDoesNotExistException", f"Branch {branch} does not exist")
    return repository.branches[branch]


def _tips(repository: Repository, source: str, destination: str) -> Params:
    commits = {"sourceCommit": _tip(repository, source), "destinationCommit": _tip(repository, destination)}
    return commits | {"mergeBase": merge_base(repository.commits, *commits.values())}


def _revision() -> str:
    return uuid.uuid4().hex + uuid.uuid4().hex
