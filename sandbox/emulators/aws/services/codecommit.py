"""CodeCommit: repositories with their settings and triggers, and approval rule templates. Nobody can push with git."""

import uuid
from typing import Any

from moto.core.base_backend import BackendDict
from moto.core.utils import utcnow

from . import core, kms
from .approval_rules import hash_rule
from .branches import Repository
from .core import Error, Params
from .pull_requests import PullRequest, PullRequests, format_time
from .tagging import Tagged


class State(core.State):
    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.repositories: dict[str, Repository] = {}
        self.templates: dict[str, Params] = {}
        self.pull_requests: dict[str, PullRequest] = {}
        # The number of the latest pull request.
        self.last_number = 0
        self.tags: dict[str, dict[str, str]] = {}


codecommit_backends = BackendDict(State, "codecommit")


class CodeCommit(Tagged, PullRequests, core.Service):
    model = "codecommit"
    backends = codecommit_backends
    state: State

    @staticmethod
    def not_found(arn: str) -> Error:
        return Error("RepositoryDoesNotExistException", f"{arn.rpartition(':')[2]} does not exist")

    def create_repository(self, params: Params) -> Params:
        """AWS makes an empty repository, without a branch."""
        name = params["repositoryName"]
        if name in self.state.repositories:
            raise Error("RepositoryNameExistsException", f"Repository named {name} already exists")
        now = utcnow()
        metadata = {
            "accountId": self.current_account,
            "repositoryId": str(uuid.uuid4()),
            "repositoryDescription": params.get("repositoryDescription"),
            "kmsKeyId": self._key(params.get("kmsKeyId")),
            "creationDate": now,
            "lastModifiedDate": now,
        }
        self.state.repositories[name] = Repository(metadata | self._name_members(name))
        self.state.tags[self.arn(name)] = params.get("tags", {})
        return {"repositoryMetadata": self.state.repositories[name].metadata}

    def get_repository(self, params: Params) -> Params:
        """AWS rejects a name that does not exist."""
        return {"repositoryMetadata": self._repository(params).metadata}

    def batch_get_repositories(self, params: Params) -> Params:
        """AWS lists separately the names that it does not find."""
        known = self.state.repositories
        return {
            "repositories": [known[name].metadata for name in params["repositoryNames"] if name in known],
            "repositoriesNotFound": [name for name in params["repositoryNames"] if name not in known],
        }

    def list_repositories(self, params: Params) -> Params:
        """AWS returns names and ids."""
        keys = ("repositoryName", "repositoryId")
        return {"repositories": [{key: r.metadata[key] for key in keys} for r in self.state.repositories.values()]}

    def delete_repository(self, params: Params) -> Params:
        """AWS returns the id, and no id for a name that does not exist."""
        deleted = self.state.repositories.pop(params["repositoryName"], None)
        if deleted is None:
            return {}
        del self.state.tags[deleted.metadata["Arn"]]
        for key, pull in list(self.state.pull_requests.items()):
            if pull.target["repositoryName"] == deleted.name:
                del self.state.pull_requests[key]
        return {"repositoryId": deleted.metadata["repositoryId"]}

    def update_repository_name(self, params: Params) -> None:
        """AWS changes the ARN and the URLs with the name."""
        old, new = params["oldName"], params["newName"]
        repository = self._touch({"repositoryName": old})
        if new in self.state.repositories:
            raise Error("RepositoryNameExistsException", f"Repository named {new} already exists")
        self.state.repositories[new] = self.state.repositories.pop(old)
        self.state.tags[self.arn(new)] = self.state.tags.pop(self.arn(old))
        repository.update(self._name_members(new))
        for pull in self.state.pull_requests.values():
            if pull.target["repositoryName"] == old:
                pull.target["repositoryName"] = new

    def update_repository_description(self, params: Params) -> None:
        """AWS reads a missing description as empty."""
        self._touch(params)["repositoryDescription"] = params.get("repositoryDescription")

    def update_repository_encryption_key(self, params: Params) -> Params:
        """AWS returns the new key beside the old one."""
        key, repository = self._key(params["kmsKeyId"]), self._touch(params)
        old, repository["kmsKeyId"] = repository["kmsKeyId"], key
        return {"repositoryId": repository["repositoryId"], "kmsKeyId": key, "originalKmsKeyId": old}

    def update_default_branch(self, params: Params) -> None:
        """AWS rejects a branch that does not exist."""
        branch = params["defaultBranchName"]
        self.get_branch(params | {"branchName": branch})
        self._touch(params)["defaultBranch"] = branch

    def put_repository_triggers(self, params: Params) -> Params:
        """AWS replaces all triggers."""
        self._repository(params).triggers = [{"branches": []} | one for one in params["triggers"]]
        return {"configurationId": str(uuid.uuid4())}

    def get_repository_triggers(self, params: Params) -> Params:
        """AWS returns an empty list for a repository without triggers."""
        return {"configurationId": str(uuid.uuid4()), "triggers": self._repository(params).triggers}

    def create_approval_rule_template(self, params: Params) -> Params:
        """AWS checks the grammar of the content and returns its hash."""
        name = params["approvalRuleTemplateName"]
        self._check_free(name)
        now = utcnow()
        self.state.templates[name] = params | {
            "approvalRuleTemplateId": str(uuid.uuid4()),
            "creationDate": now,
            "lastModifiedDate": now,
            "lastModifiedUser": self.caller,
            "ruleContentSha256": hash_rule(params["approvalRuleTemplateContent"]),
        }
        self._put_template_event(name, "approvalRuleTemplateCreated")
        return {"approvalRuleTemplate": self.state.templates[name]}

    def get_approval_rule_template(self, params: Params) -> Params:
        """AWS rejects a name that does not exist."""
        return {"approvalRuleTemplate": self._template(params)}

    def list_approval_rule_templates(self, params: Params) -> Params:
        """AWS returns names only."""
        return {"approvalRuleTemplateNames": list(self.state.templates)}

    def update_approval_rule_template_content(self, params: Params) -> Params:
        """AWS replaces the content, of pull requests to come; it may be detail the hash of what it replaces."""
        digest = hash_rule(params["newRuleContent"])
        old = self._template(params)["ruleContentSha256"]
        if params.get("existingRuleContentSha256", old) != old:
            raise Error("InvalidRuleContentSha256Exception", f"The hash of the content is {old}")
        return self._update(params, approvalRuleTemplateContent=params["newRuleContent"], ruleContentSha256=digest)

    def update_approval_rule_template_description(self, params: Params) -> Params:
        """AWS replaces the description."""
        return self._update(params, approvalRuleTemplateDescription=params["approvalRuleTemplateDescription"])

    def update_approval_rule_template_name(self, params: Params) -> Params:
        """AWS renames the template and keeps its associations."""
        old, new = params["oldApprovalRuleTemplateName"], params["newApprovalRuleTemplateName"]
        template = self._template({"approvalRuleTemplateName": old})
        self._check_free(new)
        del self.state.templates[old]
        self.state.templates[new] = template
        for repository in self.state.repositories.values():
            repository.templates = [new if name == old else name for name in repository.templates]
        return self._update({"approvalRuleTemplateName": new}, approvalRuleTemplateName=new)

    def delete_approval_rule_template(self, params: Params) -> Params:
        """AWS rejects a template that repositories use, and accepts one that does not exist."""
        name = params["approvalRuleTemplateName"]
        if self._repositories_using(name):
            raise Error("ApprovalRuleTemplateInUseException", f"Template {name} is associated with repositories")
        if name not in self.state.templates:
            return {"approvalRuleTemplateId": ""}
        self._put_template_event(name, "approvalRuleTemplateDeleted")
        return {"approvalRuleTemplateId": self.state.templates.pop(name)["approvalRuleTemplateId"]}

    def associate_approval_rule_template_with_repository(self, params: Params) -> None:
        """AWS accepts an existing association."""
        self._associate(params, True)

    def disassociate_approval_rule_template_from_repository(self, params: Params) -> None:
        """AWS accepts a missing association."""
        self._associate(params, False)

    def batch_associate_approval_rule_template_with_repositories(self, params: Params) -> Params:
        """AWS lists separately the repositories that it does not find."""
        done, errors = self._associate_all(params, True)
        return {"associatedRepositoryNames": done, "errors": errors}

    def batch_disassociate_approval_rule_template_from_repositories(self, params: Params) -> Params:
        """AWS lists separately the repositories that it does not find."""
        done, errors = self._associate_all(params, False)
        return {"disassociatedRepositoryNames": done, "errors": errors}

    def list_associated_approval_rule_templates_for_repository(self, params: Params) -> Params:
        """AWS returns names only."""
        return {"approvalRuleTemplateNames": self._repository(params).templates}

    def list_repositories_for_approval_rule_template(self, params: Params) -> Params:
        """AWS returns names only."""
        return {"repositoryNames": self._repositories_using(self._template(params)["approvalRuleTemplateName"])}

    def _associate(self, params: Params, is_on: bool) -> None:
        name, repository = self._template(params)["approvalRuleTemplateName"], self._repository(params)
        if (name in repository.templates) == is_on:
            return
        (repository.templates.append if is_on else repository.templates.remove)(name)
        how = "AssociatedWith" if is_on else "DisassociatedFrom"
        self._put_template_event(name, f"approvalRuleTemplate{how}Repository", repository)

    def _associate_all(self, params: Params, is_on: bool) -> tuple[list[str], list[Params]]:
        name, known = self._template(params)["approvalRuleTemplateName"], self.state.repositories
        done = [one for one in params["repositoryNames"] if one in known]
        for one in done:
            templates = [other for other in known[one].templates if other != name]
            known[one].templates = [*templates, name] if is_on else templates
        how = "AssociateApprovalRuleTemplateWith" if is_on else "DisassociateApprovalRuleTemplateFrom"
        if done:
            self._put_template_event(name, f"batch{how}Repositories", *(known[one] for one in done))
        code = "RepositoryDoesNotExistException"
        return done, [
            {"repositoryName": one, "errorCode": code, "errorMessage": f"{one} does not exist"}
            for one in params["repositoryNames"]
            if one not in known
        ]

    def _put_template_event(self, name: str, event: str, *repositories: Repository) -> None:
        template = self.state.templates[name]
        detail = {
            "event": event,
            "approvalRuleTemplateName": name,
            "approvalRuleTemplateId": template["approvalRuleTemplateId"],
            "approvalRuleTemplateContentSha256": template["ruleContentSha256"],
            "creationDate": format_time(template["creationDate"]),
            "lastModifiedDate": format_time(template["lastModifiedDate"]),
            "notificationBody": "A approval rule template event occurred in the following AWS CodeCommit account: "
            f"{self.current_account}. User: {self.caller}. Event: {event}. Template: {name}.",
            "repositories": {one.name: one.metadata["repositoryId"] for one in repositories},
        }
        self._put_event("Approval Rule Template Change", list(repositories), detail)

    def _repositories_using(self, template: str) -> list[str]:
        return [name for name, repository in self.state.repositories.items() if template in repository.templates]

    def _name_members(self, name: str) -> Params:
        where = f"git-codecommit.{self.region}.amazonaws.com/v1/repos/{name}"
        return {
            "repositoryName": name,
            "Arn": self.arn(name),
            "cloneUrlHttp": f"https://{where}",
            "cloneUrlSsh": f"ssh://{where}",
        }

    def _key(self, name: str | None) -> str:
        """The ARN of a key. The default is the AWS managed key, which the emulated KMS lacks."""
        if name is None or name.endswith("alias/aws/codecommit"):
            place = f"{self.region}:{self.current_account}"
            key = uuid.uuid5(uuid.NAMESPACE_URL, f"{place}:alias/aws/codecommit")
            return f"arn:{self.partition}:kms:{place}:key/{key}"
        found = kms.find(self.current_account, self.region, name)
        if found is None:
            raise Error("EncryptionKeyNotFoundException", f"Key {name} does not exist")
        if found.key_state != "Enabled":
            raise Error("EncryptionKeyDisabledException", f"Key {name} is {found.key_state}")
        return str(found.arn)

    def _touch(self, params: Params) -> Params:
        metadata = self._repository(params).metadata
        metadata["lastModifiedDate"] = utcnow()
        return metadata

    def _check_free(self, template: str) -> None:
        if template in self.state.templates:
            raise Error("ApprovalRuleTemplateNameAlreadyExistsException", f"Template {template} already exists")

    def _template(self, params: Params) -> Params:
        if params["approvalRuleTemplateName"] not in self.state.templates:
            raise Error(
                "ApprovalRuleTemplateDoesNotExistException", f"{params['approvalRuleTemplateName']} does not exist"
            )
        return self.state.templates[params["approvalRuleTemplateName"]]

    def _update(self, params: Params, **changes: Any) -> Params:
        template = self._template(params)
        template.update(changes, lastModifiedDate=utcnow(), lastModifiedUser=self.caller)
        self._put_template_event(template["approvalRuleTemplateName"], "approvalRuleTemplateUpdated")
        return {"approvalRuleTemplate": template}


def install() -> None:
    core.serve(CodeCommit, "codecommit")
