"""CodeCommit: repositories, approvals, and the way of a commit to a pipeline."""

import json
import urllib.request
from typing import Any

from test_emulator import ACCOUNT, REGION, Emulator, Params, ServiceTestCase, action, document, trust
from test_trail import wait_for_events


def rule(needed: int = 2, *members: str, references: tuple[str, ...] = ("refs/heads/prod",)) -> str:
    statement: Params = {"Type": "Approvers", "NumberOfApprovalsNeeded": needed}
    if members:
        statement["ApprovalPoolMembers"] = list(members)
    where = {"DestinationReferences": list(references)}
    return json.dumps({"Version": "2018-11-08", **where, "Statements": [statement]})


REVIEWERS = f"arn:aws:sts::{ACCOUNT}:assumed-role/Reviewer/*"


class CodeCommitTest(ServiceTestCase):
    emulator: Emulator
    client: Any

    @classmethod
    def setUpClass(cls) -> None:
        cls.emulator = Emulator()
        cls.client = cls.emulator.client("codecommit")
        for name in ("Reviewer", "Author"):
            trusted = document({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"})
            cls.emulator.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trusted)

    @classmethod
    def tearDownClass(cls) -> None:
        code, printed = cls.emulator.stop()
        assert (code, printed) == (0, ""), printed

    def repository(self, name: str) -> None:
        self.client.create_repository(repositoryName=name)
        self.addCleanup(self.client.delete_repository, repositoryName=name)

    def template(self, name: str, content: str, *repositories: str) -> None:
        named = {"approvalRuleTemplateName": name}
        self.client.create_approval_rule_template(**named, approvalRuleTemplateContent=content)
        self.addCleanup(self.client.delete_approval_rule_template, **named)
        for one in repositories:
            self.client.associate_approval_rule_template_with_repository(**named, repositoryName=one)

    def commit(self, repository: str, branch: str, parent: str | None = None, /, **files: str) -> str:
        puts = [{"filePath": path, "fileContent": text.encode()} for path, text in files.items()]
        known = {"parentCommitId": parent} if parent else {}
        made = self.client.create_commit(
            repositoryName=repository,
            branchName=branch,
            putFiles=puts,
            commitMessage=f"put {', '.join(files)}",
            authorName="A",
            email="a@example.com",
            **known,
        )
        return str(made["commitId"])

    def content(self, repository: str, commit: str, path: str) -> str:
        found = self.client.get_file(repositoryName=repository, commitSpecifier=commit, filePath=path)
        return str(found["fileContent"].decode())

    def tip(self, repository: str, branch: str) -> str:
        return str(self.client.get_branch(repositoryName=repository, branchName=branch)["branch"]["commitId"])

    def create_fork(self, name: str) -> tuple[str, str]:
        """Creates a repository in which prod has one commit, and main one more."""
        self.repository(name)
        first = self.commit(name, "prod", a="1")
        self.client.create_branch(repositoryName=name, branchName="main", commitId=first)
        return first, self.commit(name, "main", first, b="2")

    def session(self, role: str, session: str) -> Any:
        arn = f"arn:aws:iam::{ACCOUNT}:role/{role}"
        taken = self.emulator.client("sts").assume_role(RoleArn=arn, RoleSessionName=session)["Credentials"]
        return self.emulator.client("codecommit", taken["AccessKeyId"], taken["SecretAccessKey"], taken["SessionToken"])

    def queue(self, name: str, pattern: Params) -> str:
        """Creates a queue that receives the events of a pattern, and returns its URL."""
        arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
        lets = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage"}
        policy = document(lets | {"Resource": arn})
        url = self.emulator.client("sqs").create_queue(QueueName=name, Attributes={"Policy": policy})["QueueUrl"]
        self.rule(name, pattern, {"Id": "1", "Arn": arn})
        return str(url)

    def rule(self, name: str, pattern: Params, target: Params) -> None:
        events = self.emulator.client("events")
        events.put_rule(Name=name, EventPattern=json.dumps({"source": ["aws.codecommit"]} | pattern))
        self.addCleanup(events.disable_rule, Name=name)
        response = events.put_targets(Rule=name, Targets=[target])
        self.assertEqual(response["FailedEntryCount"], 0)

    def receive(self, url: str) -> list[Params]:
        wait_for_events(self.emulator)
        response = self.emulator.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)
        return [json.loads(message["Body"]) for message in response.get("Messages", [])]


class RepositoryTest(CodeCommitTest):
    def test_repository_lifecycle(self) -> None:
        made = self.client.create_repository(repositoryName="life", repositoryDescription="d", tags={"k": "v"})
        metadata = made["repositoryMetadata"]
        self.assertEqual(metadata["Arn"], f"arn:aws:codecommit:{REGION}:{ACCOUNT}:life")
        self.assertEqual(metadata["cloneUrlHttp"], f"https://git-codecommit.{REGION}.amazonaws.com/v1/repos/life")
        self.assertRegex(metadata["kmsKeyId"], rf"^arn:aws:kms:{REGION}:{ACCOUNT}:key/[0-9a-f-]{{36}}$")
        self.assertNotIn("defaultBranch", metadata)
        self.assert_rejected("RepositoryNameExistsException", self.client.create_repository, repositoryName="life")
        self.assertEqual(self.client.list_branches(repositoryName="life")["branches"], [])

        key = self.emulator.client("kms").create_key()["KeyMetadata"]["Arn"]
        self.client.update_repository_encryption_key(repositoryName="life", kmsKeyId=key)
        change = self.client.update_repository_encryption_key
        self.assert_rejected("EncryptionKeyNotFoundException", change, repositoryName="life", kmsKeyId="none")
        self.client.update_repository_description(repositoryName="life", repositoryDescription="e")
        self.client.tag_resource(resourceArn=metadata["Arn"], tags={"l": "w"})
        self.client.untag_resource(resourceArn=metadata["Arn"], tagKeys=["k"])
        self.client.update_repository_name(oldName="life", newName="later")
        found = self.client.get_repository(repositoryName="later")["repositoryMetadata"]
        self.assertEqual((found["repositoryDescription"], found["kmsKeyId"]), ("e", key))
        self.assertEqual(found["repositoryId"], metadata["repositoryId"])
        self.assertEqual(self.client.list_tags_for_resource(resourceArn=found["Arn"])["tags"], {"l": "w"})
        self.assert_rejected("RepositoryDoesNotExistException", self.client.get_repository, repositoryName="life")
        listed = self.client.list_repositories()["repositories"]
        self.assertEqual(listed, [{"repositoryName": "later", "repositoryId": metadata["repositoryId"]}])
        gone = self.client.delete_repository(repositoryName="later")
        self.assertEqual(gone["repositoryId"], metadata["repositoryId"])
        self.assertNotIn("repositoryId", self.client.delete_repository(repositoryName="later"))

    def test_repository_times_are_numbers(self) -> None:
        self.repository("times")
        request = urllib.request.Request(
            self.emulator.url,
            data=json.dumps({"repositoryName": "times"}).encode(),
            headers={
                "X-Amz-Target": "CodeCommit_20150413.GetRepository",
                "Content-Type": "application/x-amz-json-1.1",
                "Host": f"codecommit.{REGION}.amazonaws.com",
                "Authorization": f"AWS4-HMAC-SHA256 Credential=test/20260101/{REGION}/codecommit/aws4_request",
            },
        )
        with urllib.request.urlopen(request) as response:
            metadata = json.load(response)["repositoryMetadata"]
        self.assertIsInstance(metadata["creationDate"], (int, float))

    def test_commits_and_merges_follow_git(self) -> None:
        first, second = self.create_fork("git")
        named = {"repositoryName": "git"}
        self.assertEqual(self.client.get_repository(**named)["repositoryMetadata"]["defaultBranch"], "prod")
        self.assertEqual((self.content("git", "main", "a"), self.content("git", second, "b")), ("1", "2"))
        found = self.client.get_commit(**named, commitId=second)["commit"]
        self.assertEqual((found["parents"], found["message"]), ([first], "put b"))
        self.assertRegex(found["author"]["date"], r"^\d+ \+0000$")
        # Git's own: printf 2 | git hash-object --stdin, and the tree of the two files.
        blob = self.client.get_file(**named, commitSpecifier="main", filePath="b")["blobId"]
        self.assertEqual(blob, "d8263ee9860594d2806b0dfd1bfd17528b0ba2a4")
        for code, branch, parent, text in (
            ("ParentCommitIdRequiredException", "main", None, "3"),
            ("ParentCommitIdOutdatedException", "main", first, "3"),
            ("ParentCommitDoesNotExistException", "main", "0" * 40, "3"),
            ("BranchDoesNotExistException", "other", second, "3"),
            ("NoChangeException", "main", second, "1"),
        ):
            with self.subTest(code), self.assertRaisesRegex(Exception, code):
                self.commit("git", branch, parent, a=text)
        missing = {"commitSpecifier": "main", "filePath": "c"}
        self.assert_rejected("FileDoesNotExistException", self.client.get_file, **named, **missing)
        drop = self.client.delete_branch
        self.assert_rejected("DefaultBranchCannotBeDeletedException", drop, **named, branchName="prod")

        sides = {"sourceCommitSpecifier": "main", "destinationCommitSpecifier": "prod"}
        expected = {"sourceCommitId": second, "destinationCommitId": first, "baseCommitId": first}
        response = self.client.get_merge_commit(**named, **sides)
        self.assertEqual({key: response[key] for key in response if key != "ResponseMetadata"}, expected)
        self.client.merge_branches_by_fast_forward(**named, **sides)
        self.assertEqual(self.tip("git", "prod"), second)

        other = self.client.put_file(**named, branchName="prod", filePath="c", fileContent=b"3", parentCommitId=second)[
            "commitId"
        ]
        third = self.commit("git", "main", second, a="4")
        forward = self.client.merge_branches_by_fast_forward
        self.assert_rejected("ManualMergeRequiredException", forward, **named, **sides)
        merge = self.client.merge_branches_by_three_way(**named, **sides)["commitId"]
        self.assertEqual(self.client.get_commit(**named, commitId=merge)["commit"]["parents"], [other, third])
        self.assertEqual([self.content("git", "prod", path) for path in "abc"], ["4", "2", "3"])
        between = {"sourceCommitSpecifier": third, "destinationCommitSpecifier": other}
        self.assertEqual(self.client.get_merge_commit(**named, **between)["mergedCommitId"], merge)

        self.commit("git", "prod", merge, a="5")
        fourth = self.commit("git", "main", third, a="6")
        squash = self.client.merge_branches_by_squash
        self.assert_rejected("ManualMergeRequiredException", squash, **named, **sides)
        squash(**named, **sides, conflictResolutionStrategy="ACCEPT_SOURCE")
        self.assertEqual(self.content("git", "prod", "a"), "6")
        self.client.delete_file(**named, branchName="main", filePath="a", parentCommitId=fourth)
        missing = {"commitSpecifier": "main", "filePath": "a"}
        self.assert_rejected("FileDoesNotExistException", self.client.get_file, **named, **missing)
        self.assertEqual(drop(**named, branchName="main")["deletedBranch"]["branchName"], "main")

    def test_get_folder_lists_files_and_folders(self) -> None:
        self.repository("folders")
        commit = self.commit(
            "folders", "main", **{"a": "1", "app/Dockerfile": "2", "app/src/x.py": "3", "app/src/y.py": "4"}
        )
        root = self.client.get_folder(repositoryName="folders", folderPath="/")
        self.assertEqual((root["commitId"], root["folderPath"]), (commit, ""))
        self.assertEqual(
            root["treeId"], self.client.get_commit(repositoryName="folders", commitId=commit)["commit"]["treeId"]
        )
        self.assertEqual([one["relativePath"] for one in root["files"]], ["a"])
        self.assertEqual([one["relativePath"] for one in root["subFolders"]], ["app"])
        app = self.client.get_folder(repositoryName="folders", commitSpecifier="main", folderPath="/app")
        self.assertEqual(root["subFolders"][0]["treeId"], app["treeId"])
        self.assertEqual([one["absolutePath"] for one in app["files"]], ["app/Dockerfile"])
        self.assertEqual([one["absolutePath"] for one in app["subFolders"]], ["app/src"])
        ask = self.client.get_folder
        self.assert_rejected("FolderDoesNotExistException", ask, repositoryName="folders", folderPath="/ap")
        self.assert_rejected(
            "CommitDoesNotExistException", ask, repositoryName="folders", commitSpecifier="prod", folderPath="/"
        )
        self.assert_rejected("RepositoryDoesNotExistException", ask, repositoryName="none", folderPath="/")

    def test_template_in_use_cannot_be_deleted(self) -> None:
        self.repository("used")
        self.repository("too")
        named, repository = {"approvalRuleTemplateName": "t"}, {"repositoryName": "used"}
        create = self.client.create_approval_rule_template
        for content in (
            "{",
            "[]",
            json.dumps({"Version": "2012-10-17", "Statements": [{"Type": "Approvers", "NumberOfApprovalsNeeded": 1}]}),
            json.dumps({"Version": "2018-11-08", "Statements": []}),
            rule(0),
            rule(1, "Mary"),
            rule(1, references=("prod",)),
        ):
            with self.subTest(content):
                code = "InvalidApprovalRuleTemplateContentException"
                self.assert_rejected(code, create, **named, approvalRuleTemplateContent=content)
        made = create(**named, approvalRuleTemplateContent=rule(2, REVIEWERS), approvalRuleTemplateDescription="d")
        code = "ApprovalRuleTemplateNameAlreadyExistsException"
        self.assert_rejected(code, create, **named, approvalRuleTemplateContent=rule())
        self.client.associate_approval_rule_template_with_repository(**named, **repository)
        batch = self.client.batch_associate_approval_rule_template_with_repositories(
            **named, repositoryNames=["too", "none"]
        )
        self.assertEqual(batch["associatedRepositoryNames"], ["too"])
        self.assertEqual([one["errorCode"] for one in batch["errors"]], ["RepositoryDoesNotExistException"])
        self.assert_rejected("ApprovalRuleTemplateInUseException", self.client.delete_approval_rule_template, **named)

        self.client.update_approval_rule_template_name(oldApprovalRuleTemplateName="t", newApprovalRuleTemplateName="u")
        self.assert_rejected(
            "ApprovalRuleTemplateDoesNotExistException", self.client.get_approval_rule_template, **named
        )
        named = {"approvalRuleTemplateName": "u"}
        self.client.update_approval_rule_template_description(**named, approvalRuleTemplateDescription="e")
        self.client.update_approval_rule_template_content(**named, newRuleContent=rule(1))
        found = self.client.get_approval_rule_template(**named)["approvalRuleTemplate"]
        old = made["approvalRuleTemplate"]
        self.assertEqual(found["approvalRuleTemplateId"], old["approvalRuleTemplateId"])
        said = (found["approvalRuleTemplateDescription"], found["approvalRuleTemplateContent"])
        self.assertEqual(said, ("e", rule(1)))
        self.assertNotEqual(found["ruleContentSha256"], old["ruleContentSha256"])
        listed = self.client.list_associated_approval_rule_templates_for_repository(**repository)
        self.assertEqual(listed["approvalRuleTemplateNames"], ["u"])
        users = self.client.list_repositories_for_approval_rule_template(**named)["repositoryNames"]
        self.assertEqual(users, ["used", "too"])
        self.client.disassociate_approval_rule_template_from_repository(**named, **repository)
        self.client.batch_disassociate_approval_rule_template_from_repositories(**named, repositoryNames=["too"])
        self.client.delete_approval_rule_template(**named)
        self.assertEqual(self.client.list_approval_rule_templates()["approvalRuleTemplateNames"], [])


class PullRequestTest(CodeCommitTest):
    def open_pull_request(self, name: str, author: Any, **target: str) -> Params:
        target = {"sourceReference": "main", "destinationReference": "refs/heads/prod"} | target
        made = author.create_pull_request(title="t", targets=[{"repositoryName": name} | target])
        pull: Params = made["pullRequest"]
        return pull

    def test_merge_needs_enough_approvals_of_the_pool(self) -> None:
        first, second = self.create_fork("pull")
        self.template("two", rule(2, REVIEWERS), "pull")
        self.template("elsewhere", rule(1, references=("refs/heads/main",)), "pull")
        self.addCleanup(self.client.delete_repository, repositoryName="pull")
        author = self.session("Author", "ann")
        pull = self.open_pull_request("pull", author)
        [attached] = pull["approvalRules"]
        self.assertEqual(attached["originApprovalRuleTemplate"]["approvalRuleTemplateName"], "two")
        [target] = pull["pullRequestTargets"]
        sides = (target["sourceCommit"], target["destinationCommit"], target["mergeBase"])
        self.assertEqual(sides, (second, first, first))
        self.assertEqual(target["sourceReference"], "refs/heads/main")

        key, merge = {"pullRequestId": pull["pullRequestId"]}, self.client.merge_pull_request_by_fast_forward
        named = key | {"repositoryName": "pull"}
        approve = key | {"revisionId": pull["revisionId"], "approvalState": "APPROVE"}
        refused = "PullRequestApprovalRulesNotSatisfiedException"
        self.assert_rejected(refused, merge, **named)
        mine = "PullRequestCannotBeApprovedByAuthorException"
        self.assert_rejected(mine, author.update_pull_request_approval_state, **approve)
        bob, cid = self.session("Reviewer", "bob"), self.session("Reviewer", "cid")
        self.session("Author", "dan").update_pull_request_approval_state(**approve)
        for _ in range(2):
            bob.update_pull_request_approval_state(**approve)
        self.assert_rejected(refused, merge, **named)

        third = self.commit("pull", "main", second, c="3")
        newest = self.client.get_pull_request(**key)["pullRequest"]
        self.assertEqual(newest["pullRequestTargets"][0]["sourceCommit"], third)
        self.assert_rejected("RevisionNotCurrentException", cid.update_pull_request_approval_state, **approve)
        revision = key | {"revisionId": newest["revisionId"]}
        self.assertEqual(self.client.get_pull_request_approval_states(**revision)["approvals"], [])
        for reviewer in (bob, cid):
            self.assert_rejected(refused, merge, **named)
            reviewer.update_pull_request_approval_state(**revision, approvalState="APPROVE")
        states = self.client.get_pull_request_approval_states(**revision)["approvals"]
        self.assertEqual({one["userArn"].rpartition("/")[2] for one in states}, {"bob", "cid"})
        verdict = self.client.evaluate_pull_request_approval_rules(**revision)["evaluation"]
        self.assertEqual((verdict["approved"], verdict["approvalRulesSatisfied"]), (True, ["two"]))
        cid.update_pull_request_approval_state(**revision, approvalState="REVOKE")
        self.assert_rejected(refused, merge, **named)
        cid.update_pull_request_approval_state(**revision, approvalState="APPROVE")
        self.assert_rejected("TipOfSourceReferenceIsDifferentException", merge, **named, sourceCommitId=second)
        merged = merge(**named, sourceCommitId=third)["pullRequest"]
        self.assertEqual(merged["pullRequestStatus"], "CLOSED")
        self.assertEqual(merged["pullRequestTargets"][0]["mergeMetadata"]["mergeCommitId"], third)
        self.assertEqual(self.tip("pull", "prod"), third)
        self.assert_rejected("PullRequestAlreadyClosedException", merge, **named)

    def test_merge_ignores_overridden_rules(self) -> None:
        first, second = self.create_fork("aside")
        self.template("names", rule(1, f"CodeCommitApprovers:{ACCOUNT}:Reviewer/*"), "aside")
        self.addCleanup(self.client.delete_repository, repositoryName="aside")
        other = self.commit("aside", "prod", first, c="3")
        pull = self.open_pull_request("aside", self.client)
        key = {"pullRequestId": pull["pullRequestId"]}
        revision, named = key | {"revisionId": pull["revisionId"]}, key | {"repositoryName": "aside"}
        squash, override = self.client.merge_pull_request_by_squash, self.client.override_pull_request_approval_rules
        self.assert_rejected("PullRequestApprovalRulesNotSatisfiedException", squash, **named)
        override(**revision, overrideStatus="OVERRIDE")
        self.assert_rejected("OverrideAlreadySetException", override, **revision, overrideStatus="OVERRIDE")
        override(**revision, overrideStatus="REVOKE")
        self.assert_rejected("PullRequestApprovalRulesNotSatisfiedException", squash, **named)
        self.session("Reviewer", "bob").update_pull_request_approval_state(**revision, approvalState="APPROVE")
        self.assert_rejected("ManualMergeRequiredException", self.client.merge_pull_request_by_fast_forward, **named)
        self.assertEqual(self.client.get_pull_request(**key)["pullRequest"]["pullRequestStatus"], "OPEN")
        self.client.merge_pull_request_by_three_way(**named)
        parents = self.client.get_commit(repositoryName="aside", commitId=self.tip("aside", "prod"))["commit"][
            "parents"
        ]
        self.assertEqual(parents, [other, second])
        listed = self.client.list_pull_requests(repositoryName="aside", pullRequestStatus="OPEN")
        self.assertEqual(listed["pullRequestIds"], [])


class EventTest(CodeCommitTest):
    def test_changes_put_events(self) -> None:
        url = self.queue("changes", {})
        first, second = self.create_fork("changes")
        repository = self.client.get_repository(repositoryName="changes")["repositoryMetadata"]
        events = self.receive(url)
        self.assertEqual([one["detail"]["event"] for one in events], ["referenceCreated"] * 2 + ["referenceUpdated"])
        self.assertEqual(events[2]["detail-type"], "CodeCommit Repository State Change")
        self.assertEqual(events[2]["resources"], [repository["Arn"]])
        self.assertEqual(
            events[2]["detail"],
            {
                "event": "referenceUpdated",
                "repositoryName": "changes",
                "repositoryId": repository["repositoryId"],
                "referenceType": "branch",
                "referenceName": "main",
                "referenceFullName": "refs/heads/main",
                "commitId": second,
                "oldCommitId": first,
                "callerUserArn": f"arn:aws:sts::{ACCOUNT}:assumed-role/deployer/sandbox",
            },
        )
        self.template("changes", rule(1), "changes")
        targets = [{"repositoryName": "changes", "sourceReference": "main", "destinationReference": "prod"}]
        pull = self.session("Author", "ann").create_pull_request(title="t", targets=targets)["pullRequest"]
        key = {"pullRequestId": pull["pullRequestId"]}
        revision = key | {"revisionId": pull["revisionId"]}
        self.client.update_pull_request_approval_state(**revision, approvalState="APPROVE")
        self.client.override_pull_request_approval_rules(**revision, overrideStatus="OVERRIDE")
        self.client.merge_pull_request_by_squash(**key, repositoryName="changes")
        self.client.delete_branch(repositoryName="changes", branchName="main")
        named = {"approvalRuleTemplateName": "changes", "repositoryName": "changes"}
        self.client.disassociate_approval_rule_template_from_repository(**named)
        by_event = {one["detail"]["event"]: one for one in self.receive(url)}
        self.assertEqual(
            set(by_event),
            {
                "approvalRuleTemplateCreated",
                "approvalRuleTemplateAssociatedWithRepository",
                "pullRequestCreated",
                "pullRequestApprovalStateChanged",
                "pullRequestApprovalRuleOverridden",
                "referenceUpdated",
                "pullRequestMergeStatusUpdated",
                "referenceDeleted",
                "approvalRuleTemplateDisassociatedFromRepository",
            },
        )
        merge = by_event["pullRequestMergeStatusUpdated"]
        self.assertEqual(merge["detail-type"], "CodeCommit Pull Request State Change")
        for name, value in {
            "author": f"arn:aws:sts::{ACCOUNT}:assumed-role/Author/ann",
            "isMerged": "True",
            "pullRequestStatus": "Closed",
            "mergeOption": "SQUASH_MERGE",
            "repositoryNames": ["changes"],
            "destinationReference": "refs/heads/prod",
        }.items():
            self.assertEqual(merge["detail"][name], value)
        self.assertEqual(by_event["referenceUpdated"]["detail"]["mergeOption"], "SQUASH_MERGE")
        self.assertEqual(by_event["pullRequestApprovalStateChanged"]["detail"]["approvalStatus"], "APPROVE")
        self.assertEqual(by_event["pullRequestApprovalRuleOverridden"]["detail"]["overrideStatus"], "OVERRIDE")
        associated = by_event["approvalRuleTemplateAssociatedWithRepository"]
        self.assertEqual(associated["detail-type"], "CodeCommit Approval Rule Template Change")
        self.assertEqual(associated["detail"]["repositories"], {"changes": repository["repositoryId"]})


class SourceTest(CodeCommitTest):
    def test_pipeline_builds_the_commit_of_its_trigger(self) -> None:
        iam, pipelines = self.emulator.client("iam"), self.emulator.client("codepipeline")
        role, dispatcher = (
            iam.create_role(RoleName=service, AssumeRolePolicyDocument=trust(f"{service}.amazonaws.com"))["Role"]["Arn"]
            for service in ("codepipeline", "events")
        )
        takes = {"RepositoryName": "source", "BranchName": "prod", "PollForSourceChanges": "false"}
        source = action("Source", "Source", "CodeCommit", takes, makes=["src"], namespace="S")
        approve = action("Approve", "Approval", "Manual", {"CustomData": "#{S.CommitId} #{S.CommitMessage}"})
        made = {
            "name": "app",
            "roleArn": role,
            "pipelineType": "V2",
            "executionMode": "QUEUED",
            "artifactStore": {"type": "S3", "location": "artifacts"},
            "stages": [{"name": "Source", "actions": [source]}, {"name": "Approve", "actions": [approve]}],
        }
        pipelines.create_pipeline(pipeline=made)

        def latest() -> tuple[Params, list[Params]]:
            wait_for_events(self.emulator)
            execution = pipelines.list_pipeline_executions(pipelineName="app")["pipelineExecutionSummaries"][0]
            only = {"pipelineExecutionId": execution["pipelineExecutionId"]}
            runs = pipelines.list_action_executions(pipelineName="app", filter=only)["actionExecutionDetails"]
            return execution, runs

        def why() -> str:
            execution, [run] = latest()
            self.assertEqual(execution["status"], "Failed")
            return str(run["output"]["executionResult"]["errorDetails"]["message"])

        self.assertRegex(why(), "^Repository source of CodeCommit cannot be found")
        self.repository("source")
        pipelines.start_pipeline_execution(name="app")
        self.assertRegex(why(), "^Branch prod cannot be found in repository source")

        pattern = {
            "detail-type": ["CodeCommit Repository State Change"],
            "detail": {"event": ["referenceCreated", "referenceUpdated"], "referenceName": ["prod"]},
        }
        arn = f"arn:aws:codepipeline:{REGION}:{ACCOUNT}:app"
        self.rule("release", pattern, {"Id": "1", "Arn": arn, "RoleArn": dispatcher})
        first = self.commit("source", "prod", a="1")
        execution, [asked, run] = latest()
        started = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/release"
        self.assertEqual(execution["trigger"], {"triggerType": "CloudWatchEvent", "triggerDetail": started})
        self.assertEqual([one["revisionId"] for one in execution["sourceRevisions"]], [first])
        variables = run["output"]["outputVariables"]
        self.assertRegex(variables.pop("AuthorDate"), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertTrue(variables.pop("CommitterDate"))
        expected = {"BranchName": "prod", "CommitId": first, "CommitMessage": "put a", "RepositoryName": "source"}
        self.assertEqual(variables, expected)
        self.assertEqual(asked["input"]["resolvedConfiguration"]["CustomData"], f"{first} put a")

        transformer = {
            "InputPathsMap": {"commit": "$.detail.oldCommitId"},
            "InputTemplate": '{"sourceRevisions": [{"actionName": "Source", "revisionType": "COMMIT_ID", '
            '"revisionValue": "<commit>"}]}',
        }
        pipelines.stop_pipeline_execution(
            pipelineName="app", pipelineExecutionId=execution["pipelineExecutionId"], abandon=True
        )
        self.rule("release", pattern, {"Id": "1", "Arn": arn, "RoleArn": dispatcher, "InputTransformer": transformer})
        self.commit("source", "prod", first, a="2")
        execution, _ = latest()
        self.assertEqual([one["revisionId"] for one in execution["sourceRevisions"]], [first])
        revision = {"actionName": "Source", "revisionType": "COMMIT_ID", "revisionValue": "0" * 40}
        pipelines.stop_pipeline_execution(
            pipelineName="app", pipelineExecutionId=execution["pipelineExecutionId"], abandon=True
        )
        pipelines.start_pipeline_execution(name="app", sourceRevisions=[revision])
        self.assertRegex(why(), "^Commit 0+ cannot be found in repository source")
