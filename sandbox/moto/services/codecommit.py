"""CodeCommit: repositories with their settings, branches, triggers and approval rule templates. No git."""

import hashlib
import json
import uuid
from typing import Any

from moto.core.base_backend import BackendDict
from moto.core.utils import utcnow

from . import core
from .core import Error, Params
from .tagging import Tagged


class State(core.State):
    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.repositories: dict[str, Params] = {}
        self.branches: dict[str, dict[str, str]] = {}
        self.triggers: dict[str, list[Params]] = {}
        self.templates: dict[str, Params] = {}
        # Names of templates by repository.
        self.associations: dict[str, list[str]] = {}
        self.tags: dict[str, dict[str, str]] = {}


codecommit_backends = BackendDict(State, "codecommit")


class CodeCommit(Tagged, core.Service):
    model = "codecommit"
    backends = codecommit_backends
    state: State

    @staticmethod
    def untagged(arn: str) -> Error:
        return Error("RepositoryDoesNotExistException", f"{arn.rpartition(':')[2]} does not exist")

    def create_repository(self, params: Params) -> Params:
        """AWS makes an empty repository, without a branch."""
        name = params["repositoryName"]
        if name in self.state.repositories:
            raise Error("RepositoryNameExistsException", f"Repository named {name} already exists")
        now = utcnow()
        self.state.repositories[name] = {
            "accountId": self.current_account,
            "repositoryId": str(uuid.uuid4()),
            "repositoryName": name,
            "repositoryDescription": params.get("repositoryDescription"),
            "kmsKeyId": params.get("kmsKeyId"),
            "creationDate": now,
            "lastModifiedDate": now,
            "Arn": self.arn(name),
            "cloneUrlHttp": f"https://git-codecommit.{self.region}.amazonaws.com/v1/repos/{name}",
            "cloneUrlSsh": f"ssh://git-codecommit.{self.region}.amazonaws.com/v1/repos/{name}",
        }
        self.state.branches[name], self.state.triggers[name], self.state.associations[name] = {}, [], []
        self.state.tags[self.arn(name)] = params.get("tags", {})
        return {"repositoryMetadata": self.state.repositories[name]}

    def get_repository(self, params: Params) -> Params:
        """AWS refuses a name that is not there."""
        return {"repositoryMetadata": self._repository(params)}

    def batch_get_repositories(self, params: Params) -> Params:
        """AWS lists apart the names that it does not find."""
        known = self.state.repositories
        return {
            "repositories": [known[name] for name in params["repositoryNames"] if name in known],
            "repositoriesNotFound": [name for name in params["repositoryNames"] if name not in known],
        }

    def list_repositories(self, params: Params) -> Params:
        """AWS answers names and ids."""
        keys = ("repositoryName", "repositoryId")
        return {"repositories": [{key: r[key] for key in keys} for r in self.state.repositories.values()]}

    def delete_repository(self, params: Params) -> Params:
        """AWS answers the id, and nothing for a name that is not there."""
        name = params["repositoryName"]
        gone = self.state.repositories.pop(name, None)
        if gone is None:
            return {}
        del self.state.branches[name], self.state.triggers[name], self.state.associations[name]
        del self.state.tags[gone["Arn"]]
        return {"repositoryId": gone["repositoryId"]}

    def update_repository_description(self, params: Params) -> None:
        """AWS takes a missing description for an empty one."""
        self._changed(params)["repositoryDescription"] = params.get("repositoryDescription")

    def update_repository_encryption_key(self, params: Params) -> Params:
        """AWS answers the new key beside the old one."""
        repository = self._changed(params)
        old, repository["kmsKeyId"] = repository["kmsKeyId"], params["kmsKeyId"]
        return {"repositoryId": repository["repositoryId"], "kmsKeyId": params["kmsKeyId"], "originalKmsKeyId": old}

    def update_default_branch(self, params: Params) -> None:
        """AWS refuses a branch that is not there."""
        self._branch(params, params["defaultBranchName"])
        self._changed(params)["defaultBranch"] = params["defaultBranchName"]

    def list_branches(self, params: Params) -> Params:
        """AWS answers names only."""
        self._repository(params)
        return {"branches": list(self.state.branches[params["repositoryName"]])}

    def get_branch(self, params: Params) -> Params:
        """AWS answers the commit at the branch's tip."""
        return {"branch": self._branch(params, params["branchName"])}

    def create_branch(self, params: Params) -> None:
        """AWS refuses a commit that is not there; here no commit is kept beside the branches' tips."""
        self._repository(params)
        tips = self.state.branches[params["repositoryName"]]
        if params["branchName"] in tips:
            raise Error("BranchNameExistsException", f"Branch {params['branchName']} already exists")
        if params["commitId"] not in tips.values():
            raise Error("CommitDoesNotExistException", f"Commit {params['commitId']} does not exist")
        tips[params["branchName"]] = params["commitId"]

    def create_commit(self, params: Params) -> Params:
        """AWS makes a commit on the branch, and the branch with the first one; here its files are not kept."""
        repository = self._changed(params)
        tips = self.state.branches[params["repositoryName"]]
        if tips.get(params["branchName"]) != params.get("parentCommitId"):
            raise Error("ParentCommitIdOutdatedException", "The parent commit is not the tip of the branch")
        commit = hashlib.sha1(uuid.uuid4().bytes, usedforsecurity=False).hexdigest()
        tips[params["branchName"]] = commit
        repository.setdefault("defaultBranch", params["branchName"])
        return {"commitId": commit, "treeId": commit, "filesAdded": [], "filesUpdated": [], "filesDeleted": []}

    def put_repository_triggers(self, params: Params) -> Params:
        """AWS replaces all triggers."""
        self._repository(params)
        self.state.triggers[params["repositoryName"]] = [{"branches": []} | one for one in params["triggers"]]
        return {"configurationId": str(uuid.uuid4())}

    def get_repository_triggers(self, params: Params) -> Params:
        """AWS answers an empty list for a repository without triggers."""
        self._repository(params)
        return {"configurationId": str(uuid.uuid4()), "triggers": self.state.triggers[params["repositoryName"]]}

    def create_approval_rule_template(self, params: Params) -> Params:
        """AWS checks the content's grammar and answers its hash."""
        name = params["approvalRuleTemplateName"]
        if name in self.state.templates:
            raise Error("ApprovalRuleTemplateNameAlreadyExistsException", f"Template {name} already exists")
        now = utcnow()
        self.state.templates[name] = params | {
            "approvalRuleTemplateId": str(uuid.uuid4()),
            "creationDate": now,
            "lastModifiedDate": now,
            "lastModifiedUser": self.caller,
            "ruleContentSha256": _checked_hash(params["approvalRuleTemplateContent"]),
        }
        return {"approvalRuleTemplate": self.state.templates[name]}

    def get_approval_rule_template(self, params: Params) -> Params:
        """AWS refuses a name that is not there."""
        return {"approvalRuleTemplate": self._template(params)}

    def list_approval_rule_templates(self, params: Params) -> Params:
        """AWS answers names only."""
        return {"approvalRuleTemplateNames": list(self.state.templates)}

    def update_approval_rule_template_content(self, params: Params) -> Params:
        """AWS replaces the content."""
        digest = _checked_hash(params["newRuleContent"])
        return self._update(params, approvalRuleTemplateContent=params["newRuleContent"], ruleContentSha256=digest)

    def update_approval_rule_template_description(self, params: Params) -> Params:
        """AWS replaces the description."""
        return self._update(params, approvalRuleTemplateDescription=params["approvalRuleTemplateDescription"])

    def update_approval_rule_template_name(self, params: Params) -> Params:
        """AWS renames the template; its associations go with it."""
        old, new = params["oldApprovalRuleTemplateName"], params["newApprovalRuleTemplateName"]
        template = self._template({"approvalRuleTemplateName": old})
        del self.state.templates[old]
        self.state.templates[new] = template
        for names in self.state.associations.values():
            names[:] = [new if name == old else name for name in names]
        return self._update({"approvalRuleTemplateName": new}, approvalRuleTemplateName=new)

    def delete_approval_rule_template(self, params: Params) -> Params:
        """AWS refuses a template that repositories use."""
        name = params["approvalRuleTemplateName"]
        if any(name in names for names in self.state.associations.values()):
            raise Error("ApprovalRuleTemplateInUseException", f"Template {name} is associated with repositories")
        gone = self.state.templates.pop(name, {})
        return {"approvalRuleTemplateId": gone.get("approvalRuleTemplateId", "")}

    def associate_approval_rule_template_with_repository(self, params: Params) -> None:
        """AWS accepts what is associated already."""
        self._template(params)
        self._repository(params)
        names = self.state.associations[params["repositoryName"]]
        if params["approvalRuleTemplateName"] not in names:
            names.append(params["approvalRuleTemplateName"])

    def disassociate_approval_rule_template_from_repository(self, params: Params) -> None:
        """AWS accepts what is not associated."""
        self._template(params)
        self._repository(params)
        names = self.state.associations[params["repositoryName"]]
        if params["approvalRuleTemplateName"] in names:
            names.remove(params["approvalRuleTemplateName"])

    def list_associated_approval_rule_templates_for_repository(self, params: Params) -> Params:
        """AWS answers names only."""
        self._repository(params)
        return {"approvalRuleTemplateNames": self.state.associations[params["repositoryName"]]}

    def list_repositories_for_approval_rule_template(self, params: Params) -> Params:
        """AWS answers names only."""
        self._template(params)
        name = params["approvalRuleTemplateName"]
        return {"repositoryNames": [key for key, names in self.state.associations.items() if name in names]}

    def _repository(self, params: Params) -> Params:
        if params["repositoryName"] not in self.state.repositories:
            raise Error("RepositoryDoesNotExistException", f"{params['repositoryName']} does not exist")
        return self.state.repositories[params["repositoryName"]]

    def _changed(self, params: Params) -> Params:
        repository = self._repository(params)
        repository["lastModifiedDate"] = utcnow()
        return repository

    def _branch(self, params: Params, name: str) -> Params:
        self._repository(params)
        tips = self.state.branches[params["repositoryName"]]
        if name not in tips:
            raise Error("BranchDoesNotExistException", f"Branch {name} does not exist")
        return {"branchName": name, "commitId": tips[name]}

    def _template(self, params: Params) -> Params:
        if params["approvalRuleTemplateName"] not in self.state.templates:
            raise Error(
                "ApprovalRuleTemplateDoesNotExistException", f"{params['approvalRuleTemplateName']} does not exist"
            )
        return self.state.templates[params["approvalRuleTemplateName"]]

    def _update(self, params: Params, **changes: Any) -> Params:
        template = self._template(params)
        template.update(changes, lastModifiedDate=utcnow())
        return {"approvalRuleTemplate": template}


def _checked_hash(content: str) -> str:
    try:
        document = json.loads(content)
        fits = document["Version"] == "2018-11-08" and all(s["Type"] == "Approvers" for s in document["Statements"])
    except (ValueError, KeyError, TypeError):
        fits = False
    if not fits:
        raise Error(
            "InvalidApprovalRuleTemplateContentException", "The content of the approval rule template is not valid"
        )
    return hashlib.sha256(content.encode()).hexdigest()


def install() -> None:
    core.serve(CodeCommit, "codecommit")
