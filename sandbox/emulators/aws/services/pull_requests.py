"""The operations of CodeCommit on pull requests: who may approve them, and what it takes to merge one."""

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
    # What AWS answers, with one target.
    answer: Params
    # Who approved, and who set the rules aside, by revision.
    approvers: dict[str, list[str]] = field(default_factory=dict)
    overriders: dict[str, str] = field(default_factory=dict)

    @property
    def target(self) -> Params:
        target: Params = self.answer["pullRequestTargets"][0]
        return target

    @property
    def revision(self) -> str:
        return str(self.answer["revisionId"])

    @property
    def is_open(self) -> bool:
        return bool(self.answer["pullRequestStatus"] == "OPEN")

    def evaluate(self) -> Params:
        """What the rules say of the current revision."""
        approvers = self.approvers.get(self.revision, [])
        verdicts = {
            rule["approvalRuleName"]: approval_rules.satisfied(rule["approvalRuleContent"], approvers)
            for rule in self.answer["approvalRules"]
        }
        return {
            "approved": all(verdicts.values()),
            "overridden": self.revision in self.overriders,
            "approvalRulesSatisfied": [name for name, verdict in verdicts.items() if verdict],
            "approvalRulesNotSatisfied": [name for name, verdict in verdicts.items() if not verdict],
        }


class PullRequests(Branches):
    def create_pull_request(self, params: Params) -> Params:
        """AWS gives it the rules of the repository's templates that are for its destination."""
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
        self.state.numbered += 1
        key = str(self.state.numbered)
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
        self._tell(pull, "pullRequestCreated")
        return {"pullRequest": pull.answer}

    def get_pull_request(self, params: Params) -> Params:
        """AWS refuses an id that is not there."""
        return {"pullRequest": self._pull(params).answer}

    def list_pull_requests(self, params: Params) -> Params:
        """AWS answers the ids, the newest first."""
        name = self._repository(params).name
        wanted = {key: params.get(key) for key in ("authorArn", "pullRequestStatus")}
        return {
            "pullRequestIds": [
                key
                for key, pull in reversed(self.state.pull_requests.items())
                if pull.target["repositoryName"] == name
                and all(value in (None, pull.answer[member]) for member, value in wanted.items())
            ]
        }

    def update_pull_request_status(self, params: Params) -> Params:
        """AWS closes it for good."""
        pull, status = self._pull(params), params["pullRequestStatus"]
        if status == "OPEN" and not pull.is_open:
            raise Error("InvalidPullRequestStatusUpdateException", "The pull request is closed")
        if status != pull.answer["pullRequestStatus"]:
            pull.answer |= {"pullRequestStatus": status, "lastActivityDate": utcnow()}
            self._tell(pull, "pullRequestStatusChanged")
        return {"pullRequest": pull.answer}

    def update_pull_request_approval_state(self, params: Params) -> None:
        """AWS takes it from everybody but the author, and of the newest revision only."""
        pull = self._current(params)
        if self.caller == pull.answer["authorArn"]:
            raise Error("PullRequestCannotBeApprovedByAuthorException", f"{self.caller} is the author")
        approvers = pull.approvers.setdefault(pull.revision, [])
        if self.caller in approvers:
            approvers.remove(self.caller)
        if params["approvalState"] == "APPROVE":
            approvers.append(self.caller)
        self._tell(pull, "pullRequestApprovalStateChanged", approvalStatus=params["approvalState"])

    def get_pull_request_approval_states(self, params: Params) -> Params:
        """AWS does not keep that an approval was revoked."""
        approvers = self._pull(params).approvers.get(params["revisionId"], [])
        return {"approvals": [{"userArn": arn, "approvalState": "APPROVE"} for arn in approvers]}

    def evaluate_pull_request_approval_rules(self, params: Params) -> Params:
        """AWS evaluates the newest revision only."""
        pull = self._pull(params)
        _check_revision(pull, params)
        return {"evaluation": pull.evaluate()}

    def override_pull_request_approval_rules(self, params: Params) -> None:
        """AWS sets all rules of the newest revision aside, or back."""
        pull = self._current(params)
        if params["overrideStatus"] == "REVOKE":
            pull.overriders.pop(pull.revision, None)
        elif pull.revision in pull.overriders:
            raise Error("OverrideAlreadySetException", "The rules are set aside already")
        else:
            pull.overriders[pull.revision] = self.caller
        self._tell(pull, "pullRequestApprovalRuleOverridden", overrideStatus=params["overrideStatus"])

    def get_pull_request_override_state(self, params: Params) -> Params:
        """AWS answers who set the rules aside."""
        overrider = self._pull(params).overriders.get(params["revisionId"])
        return {"overridden": overrider is not None, "overrider": overrider}

    def merge_pull_request_by_fast_forward(self, params: Params) -> Params:
        """AWS moves the destination to the source, and closes the pull request."""
        return self._merge_pull(params, "FAST_FORWARD_MERGE")

    def merge_pull_request_by_squash(self, params: Params) -> Params:
        """AWS makes one commit on the destination, and closes the pull request."""
        return self._merge_pull(params, "SQUASH_MERGE")

    def merge_pull_request_by_three_way(self, params: Params) -> Params:
        """AWS makes a commit with two parents on the destination, and closes the pull request."""
        return self._merge_pull(params, "THREE_WAY_MERGE")

    def _merge_pull(self, params: Params, option: str) -> Params:
        pull, repository = self._pull(params), self._repository(params)
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
        pull.answer["pullRequestStatus"] = "CLOSED"
        try:
            commit = self._merge(repository, destination, tip, option, params)
        except Error:
            pull.answer["pullRequestStatus"] = "OPEN"
            raise
        pull.answer["lastActivityDate"] = utcnow()
        target["mergeMetadata"] = {
            "isMerged": True,
            "mergedBy": self.caller,
            "mergeCommitId": commit.key,
            "mergeOption": option,
        }
        self._tell(pull, "pullRequestMergeStatusUpdated", mergeOption=option)
        return {"pullRequest": pull.answer}

    def _moved(self, repository: Repository, branch: str) -> None:
        """New commits of the source make a new revision, which nobody has approved."""
        for pull in self.state.pull_requests.values():
            names = _names(pull.target)
            if not pull.is_open or pull.target["repositoryName"] != repository.name or branch not in names:
                continue
            if any(name not in repository.branches for name in names):
                continue
            pull.target.update(_tips(repository, *names))
            if branch == names[0]:
                pull.answer |= {"revisionId": _revision(), "lastActivityDate": utcnow()}
                self._tell(pull, "pullRequestSourceBranchUpdated")

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
            if approval_rules.is_for(template["approvalRuleTemplateContent"], reference)
        ]

    def _tell(self, pull: PullRequest, event: str, **more: str) -> None:
        answer, target = pull.answer, pull.target
        detail = {
            "event": event,
            "pullRequestId": answer["pullRequestId"],
            "title": answer["title"],
            "description": answer["description"],
            "author": answer["authorArn"],
            "creationDate": written(answer["creationDate"]),
            "lastModifiedDate": written(answer["lastActivityDate"]),
            "isMerged": str(target["mergeMetadata"]["isMerged"]),
            "pullRequestStatus": answer["pullRequestStatus"].capitalize(),
            "repositoryNames": [target["repositoryName"]],
            "revisionId": pull.revision,
            "notificationBody": "A pull request event occurred in the following AWS CodeCommit repository: "
            f"{target['repositoryName']}. User: {self.caller}. Event: {event}. "
            f"Pull request: {answer['pullRequestId']}.",
        }
        members = ("sourceReference", "destinationReference", "sourceCommit", "destinationCommit")
        repository = self.state.repositories[target["repositoryName"]]
        told = detail | {name: target[name] for name in members} | more
        self._announce("Pull Request State Change", [repository], told)

    def _pull(self, params: Params) -> PullRequest:
        if params["pullRequestId"] not in self.state.pull_requests:
            raise Error("PullRequestDoesNotExistException", f"Pull request {params['pullRequestId']} does not exist")
        pull: PullRequest = self.state.pull_requests[params["pullRequestId"]]
        return pull

    def _current(self, params: Params) -> PullRequest:
        pull = self._pull(params)
        if not pull.is_open:
            raise Error("PullRequestAlreadyClosedException", "The pull request is closed")
        _check_revision(pull, params)
        return pull


def written(moment: datetime) -> str:
    """A time as the events of CodeCommit have it."""
    return moment.strftime("%a %b %d %H:%M:%S UTC %Y")


def _check_revision(pull: PullRequest, params: Params) -> None:
    if params["revisionId"] != pull.revision:
        raise Error("RevisionNotCurrentException", f"The newest revision is {pull.revision}")


def _names(target: Params) -> tuple[str, str]:
    """The branches that a pull request is from and for."""
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
