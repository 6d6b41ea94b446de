"""Delivery and signing: CodeDeploy, Signer, the findings of an image, the tasks of a service."""

import json
import urllib.request
from typing import Any

from test_emulator import ACCOUNT, REGION, Emulator, Params, ServiceTestCase, trust


class DeploymentGroupTest(ServiceTestCase):
    emulator: Emulator

    @classmethod
    def setUpClass(cls) -> None:
        cls.emulator = Emulator()
        cls.role = cls.emulator.client("iam").create_role(
            RoleName="role", AssumeRolePolicyDocument=trust("codedeploy.amazonaws.com")
        )["Role"]["Arn"]

    @classmethod
    def tearDownClass(cls) -> None:
        cls.emulator.stop()

    role: str

    def group(self, **changes: Any) -> Params:
        return {
            "applicationName": "app",
            "deploymentGroupName": "prod",
            "serviceRoleArn": self.role,
            "deploymentConfigName": "CodeDeployDefault.ECSCanary10Percent5Minutes",
            "deploymentStyle": {"deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL"},
            "blueGreenDeploymentConfiguration": {
                "deploymentReadyOption": {"actionOnTimeout": "CONTINUE_DEPLOYMENT", "waitTimeInMinutes": 0},
                "terminateBlueInstancesOnDeploymentSuccess": {"action": "TERMINATE", "terminationWaitTimeInMinutes": 5},
            },
            "ecsServices": [{"clusterName": "prod", "serviceName": "backend"}],
            "loadBalancerInfo": {
                "targetGroupPairInfoList": [
                    {
                        "targetGroups": [{"name": "blue"}, {"name": "green"}],
                        "prodTrafficRoute": {"listenerArns": ["arn:listener"]},
                        "testTrafficRoute": {"listenerArns": ["arn:test"]},
                    }
                ]
            },
            "autoRollbackConfiguration": {"enabled": True, "events": ["DEPLOYMENT_FAILURE"]},
            "alarmConfiguration": {"enabled": True, "alarms": [{"name": "5xx"}], "ignorePollAlarmFailure": False},
        } | changes

    def test_ecs_group_returns_and_updates_its_members(self) -> None:
        codedeploy = self.emulator.client("codedeploy")
        tags = [{"Key": "k", "Value": "v"}]
        codedeploy.create_application(applicationName="app", computePlatform="ECS", tags=tags)
        key = codedeploy.create_deployment_group(**self.group(), tags=tags)["deploymentGroupId"]

        def read() -> Params:
            named = {"applicationName": "app", "deploymentGroupName": "prod"}
            found: Params = codedeploy.get_deployment_group(**named)["deploymentGroupInfo"]
            return found

        sent = self.group()
        self.assertEqual({name: read()[name] for name in sent}, sent)
        self.assertEqual((read()["deploymentGroupId"], read()["computePlatform"]), (key, "ECS"))
        codedeploy.update_deployment_group(
            applicationName="app",
            currentDeploymentGroupName="prod",
            deploymentConfigName="CodeDeployDefault.ECSAllAtOnce",
        )
        changed = sent | {"deploymentConfigName": "CodeDeployDefault.ECSAllAtOnce"}
        self.assertEqual({name: read()[name] for name in sent}, changed)

        for resource in ("application:app", "deploymentgroup:app/prod"):
            arn = f"arn:aws:codedeploy:{REGION}:{ACCOUNT}:{resource}"
            self.assertEqual(codedeploy.list_tags_for_resource(ResourceArn=arn)["Tags"], tags)
            codedeploy.tag_resource(ResourceArn=arn, Tags=[{"Key": "l", "Value": "w"}])
            codedeploy.untag_resource(ResourceArn=arn, TagKeys=["k"])
            left = codedeploy.list_tags_for_resource(ResourceArn=arn)["Tags"]
            self.assertEqual(left, [{"Key": "l", "Value": "w"}])

        codedeploy.delete_deployment_group(applicationName="app", deploymentGroupName="prod")
        self.assert_rejected("DeploymentGroupDoesNotExistException", read)
        codedeploy.delete_application(applicationName="app")
        self.assert_rejected("ApplicationDoesNotExistException", codedeploy.get_application, applicationName="app")

    def test_group_that_aws_rejects_is_rejected(self) -> None:
        codedeploy, ecs = self.emulator.client("codedeploy"), self.emulator.client("ecs")
        codedeploy.create_application(applicationName="app", computePlatform="ECS")
        self.addCleanup(codedeploy.delete_application, applicationName="app")
        ecs.create_cluster(clusterName="prod")
        ecs.register_task_definition(family="f", containerDefinitions=[{"name": "c", "image": "i", "memory": 128}])
        ecs.create_service(cluster="prod", serviceName="rolling", taskDefinition="f", desiredCount=0)
        in_place = {"deploymentType": "IN_PLACE", "deploymentOption": "WITH_TRAFFIC_CONTROL"}
        for code, changes in (
            ("InvalidDeploymentStyleException", {"deploymentStyle": in_place}),
            ("InvalidECSServiceException", {"ecsServices": []}),
            ("InvalidECSServiceException", {"ecsServices": [{"clusterName": "prod", "serviceName": "rolling"}]}),
            ("DeploymentConfigDoesNotExistException", {"deploymentConfigName": "CodeDeployDefault.ECSCanary"}),
            ("InvalidRoleException", {"serviceRoleArn": f"arn:aws:iam::{ACCOUNT}:role/nobody"}),
        ):
            with self.subTest(changes=changes):
                self.assert_rejected(code, codedeploy.create_deployment_group, **self.group(**changes))


class SigningProfileTest(ServiceTestCase):
    def test_profile_name_is_never_reusable(self) -> None:
        with Emulator() as emulator:
            signer = emulator.client("signer")
            asked = {
                "profileName": "app",
                "platformId": "Notation-OCI-SHA384-ECDSA",
                "signatureValidityPeriod": {"value": 12, "type": "MONTHS"},
            }
            made = signer.put_signing_profile(**asked, tags={"k": "v"})
            found = signer.get_signing_profile(profileName="app")
            self.assertEqual({name: found[name] for name in asked}, asked)
            self.assertEqual((found["status"], found["tags"], found["arn"]), ("Active", {"k": "v"}, made["arn"]))
            signer.tag_resource(resourceArn=made["arn"], tags={"l": "w"})
            signer.untag_resource(resourceArn=made["arn"], tagKeys=["k"])
            self.assertEqual(signer.list_tags_for_resource(resourceArn=made["arn"])["tags"], {"l": "w"})

            def listed(**asked: Any) -> list[str]:
                return [p["profileName"] for p in signer.list_signing_profiles(**asked)["profiles"]]

            self.assertEqual(listed(), ["app"])
            signer.cancel_signing_profile(profileName="app")
            self.assertEqual((listed(), listed(includeCanceled=True)), ([], ["app"]))
            self.assertEqual(signer.get_signing_profile(profileName="app")["status"], "Canceled")
            self.assert_rejected("ValidationException", signer.put_signing_profile, **asked)
            self.assert_rejected("ResourceNotFoundException", signer.get_signing_profile, profileName="other")
            self.assert_rejected("ResourceNotFoundException", signer.cancel_signing_profile, profileName="other")


class ScanTest(ServiceTestCase):
    def test_findings_are_paged_after_a_pending_scan(self) -> None:
        with Emulator() as emulator:
            ecr = emulator.client("ecr")
            for name, on_push in (("scanned", True), ("not-scanned", False)):
                ecr.create_repository(repositoryName=name, imageScanningConfiguration={"scanOnPush": on_push})
            digests = {name: push_image(ecr, name) for name in ("scanned", "not-scanned")}

            def describe(name: str, **more: Any) -> Params:
                found: Params = ecr.describe_image_scan_findings(
                    repositoryName=name, imageId={"imageDigest": digests[name]}, **more
                )
                return found

            self.assert_rejected("ScanNotFoundException", describe, name="not-scanned")
            clean = describe("scanned")
            self.assertEqual(clean["imageScanStatus"]["status"], "COMPLETE")
            self.assertEqual(clean["imageScanFindings"]["findings"], [])
            gone = {"imageDigest": f"sha256:{'0' * 64}"}
            self.assert_rejected(
                "ImageNotFoundException", ecr.describe_image_scan_findings, repositoryName="scanned", imageId=gone
            )

            findings = [{"name": f"CVE-2026-{number}", "severity": "LOW"} for number in range(3)]
            details = {"vulnerabilityId": "CVE-2026-9"}
            enhanced = {"severity": "HIGH", "status": "ACTIVE", "packageVulnerabilityDetails": details}
            post(
                emulator,
                "scan",
                region=REGION,
                repository="scanned",
                digest=digests["scanned"],
                scans=[
                    {},
                    {"status": "PENDING"},
                    {"status": "COMPLETE", "findings": findings},
                    {"status": "ACTIVE", "enhancedFindings": [enhanced]},
                ],
            )
            self.assert_rejected("ScanNotFoundException", describe, name="scanned")
            self.assertEqual(describe("scanned")["imageScanStatus"]["status"], "PENDING")
            page = describe("scanned", maxResults=2)
            self.assertEqual(page["imageScanFindings"]["findings"], findings[:2])
            for _ in range(2):
                last = describe("scanned")
                self.assertEqual(last["imageScanFindings"]["enhancedFindings"], [enhanced])
                self.assertNotIn("nextToken", last)

    def test_later_page_belongs_to_the_same_scan(self) -> None:
        with Emulator() as emulator:
            ecr = emulator.client("ecr")
            ecr.create_repository(repositoryName="app")
            digest = push_image(ecr, "app")
            findings = [{"name": f"CVE-2026-{number}", "severity": "LOW"} for number in range(5)]
            scans = [{"status": "COMPLETE", "findings": findings}]
            post(emulator, "scan", region=REGION, repository="app", digest=digest, scans=scans)
            pages = ecr.get_paginator("describe_image_scan_findings").paginate(
                repositoryName="app", imageId={"imageDigest": digest}, PaginationConfig={"PageSize": 2}
            )
            sizes = [len(page["imageScanFindings"]["findings"]) for page in pages]
            self.assertEqual(sizes, [2, 2, 1])


class ServiceTest(ServiceTestCase):
    emulator: Emulator

    @classmethod
    def setUpClass(cls) -> None:
        cls.emulator = Emulator()
        cls.ecs = cls.emulator.client("ecs")
        cls.ecs.create_cluster(clusterName="prod")

    @classmethod
    def tearDownClass(cls) -> None:
        cls.emulator.stop()

    ecs: Any

    def define(self, family: str, image: str) -> str:
        containers = [{"name": "app", "image": image, "memory": 128}]
        made = self.ecs.register_task_definition(family=family, containerDefinitions=containers)
        return str(made["taskDefinition"]["taskDefinitionArn"])

    def service(self, name: str) -> Params:
        [service] = self.ecs.describe_services(cluster="prod", services=[name])["services"]
        found: Params = service
        return found

    def tasks(self, name: str) -> list[Params]:
        pages = self.ecs.get_paginator("list_tasks").paginate(cluster="prod", serviceName=name)
        arns = [arn for page in pages for arn in page["taskArns"]]
        described = [
            self.ecs.describe_tasks(cluster="prod", tasks=arns[start : start + 100])["tasks"]
            for start in range(0, len(arns), 100)
        ]
        return [task for batch in described for task in batch]

    def test_service_runs_desired_count_unless_tasks_are_set(self) -> None:
        ecr = self.emulator.client("ecr")
        ecr.create_repository(repositoryName="app")
        built = push_image(ecr, "app")
        registry = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/app"
        old = f"sha256:{'1' * 64}"
        first, second = self.define("rolling", f"{registry}@{old}"), self.define("rolling", f"{registry}:tag")
        self.ecs.create_service(cluster="prod", serviceName="rolling", taskDefinition="rolling:1", desiredCount=101)
        [deployment] = self.service("rolling")["deployments"]
        self.assertEqual((deployment["status"], deployment["rolloutState"]), ("PRIMARY", "COMPLETED"))
        self.assertEqual((deployment["taskDefinition"], deployment["runningCount"]), (first, 101))
        self.assertEqual([task["containers"][0]["imageDigest"] for task in self.tasks("rolling")], [old] * 101)
        arns = [task["taskArn"] for task in self.tasks("rolling")]
        self.assert_rejected("InvalidParameterException", self.ecs.describe_tasks, cluster="prod", tasks=arns)

        self.ecs.update_service(cluster="prod", service="rolling", taskDefinition="rolling:2", desiredCount=2)
        self.assertEqual(self.service("rolling")["taskDefinition"], second)
        self.assertEqual([task["containers"][0]["imageDigest"] for task in self.tasks("rolling")], [built] * 2)

        stale = [{"taskDefinition": "rolling:1"}, {"lastStatus": "PENDING"}]
        post(self.emulator, "run", region=REGION, cluster="prod", service="rolling", tasks=stale)
        found = self.service("rolling")
        self.assertEqual((found["runningCount"], found["pendingCount"]), (1, 1))
        self.assertEqual(found["deployments"][0]["rolloutState"], "IN_PROGRESS")
        seen = [(task["taskDefinitionArn"], task["lastStatus"]) for task in self.tasks("rolling")]
        self.assertEqual(seen, [(first, "RUNNING"), (second, "PENDING")])
        post(self.emulator, "run", region=REGION, cluster="prod", service="rolling", rollout="FAILED")
        self.assertEqual(self.service("rolling")["deployments"][0]["rolloutState"], "FAILED")
        stopped = self.ecs.list_tasks(cluster="prod", serviceName="rolling", desiredStatus="STOPPED")
        self.assertEqual(stopped["taskArns"], [])
        self.assert_rejected("ServiceNotFoundException", self.ecs.list_tasks, cluster="prod", serviceName="other")

    def test_codedeploy_service_has_a_primary_task_set(self) -> None:
        blue, green = self.define("bg", "r@sha256:" + "1" * 64), self.define("bg", "r@sha256:" + "2" * 64)
        self.ecs.create_service(
            cluster="prod",
            serviceName="bg",
            taskDefinition="bg:1",
            desiredCount=1,
            deploymentController={"type": "CODE_DEPLOY"},
        )

        def sets() -> list[tuple[str, str, str, int]]:
            members = ("taskDefinition", "status", "stabilityStatus", "runningCount")
            return [tuple(one[key] for key in members) for one in self.service("bg")["taskSets"]]

        self.assertEqual(sets(), [(blue, "PRIMARY", "STEADY_STATE", 1)])
        self.assertEqual(self.service("bg").get("deployments", []), [])
        made = self.ecs.create_task_set(cluster="prod", service="bg", taskDefinition="bg:2")["taskSet"]["taskSetArn"]
        self.ecs.update_service_primary_task_set(cluster="prod", service="bg", primaryTaskSet=made)
        self.assertEqual(sets(), [(blue, "ACTIVE", "STEADY_STATE", 0), (green, "PRIMARY", "STEADY_STATE", 1)])
        [task] = self.tasks("bg")
        self.assertEqual(task["containers"][0]["imageDigest"], "sha256:" + "2" * 64)


def push_image(ecr: Any, repository: str) -> str:
    """Pushes an image and returns its digest."""
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json"}
    made = ecr.put_image(
        repositoryName=repository,
        imageTag="tag",
        imageManifest=json.dumps(manifest | {"config": {"digest": "sha256:" + "c" * 64}, "layers": []}),
    )
    return str(made["image"]["imageId"]["imageDigest"])


def post(emulator: Emulator, what: str, **arguments: Any) -> None:
    request = urllib.request.Request(
        f"{emulator.url}/sandbox/{what}", data=json.dumps(arguments).encode(), method="POST"
    )
    urllib.request.urlopen(request).close()
