"""The emulator as its users see it: a process on a port, called with boto3."""

import json
import signal
import socket
import subprocess
import sys
import tempfile
import unittest
import urllib.request
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

HERE = Path(__file__).parent
# The emulator that forks from a warmed process (sandbox/toolchain/forkserver), where the tools are built.
FORKED = HERE.parents[2] / ".sandbox" / "tools" / "bin" / "moto"
PLAIN = [sys.executable, str(HERE)]
ACCOUNT, OTHER, REGION = "012345678901", "210987654321", "eu-west-2"
Params = dict[str, Any]


class Emulator:
    """A running emulator; ends with its context, by the end of its stdin."""

    def __init__(
        self, *arguments: str, environment: dict[str, str] | None = None, command: list[str] | None = None
    ) -> None:
        command = command or ([str(FORKED)] if FORKED.exists() else PLAIN)
        self.process = subprocess.Popen(
            [*command, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={"PATH": "", "MOTO_ACCOUNT_ID": ACCOUNT, **(environment or {})},
            text=True,
        )
        assert self.process.stdout
        self.line = self.process.stdout.readline()
        self.url = self.line.removeprefix("listening on ").strip()

    def __enter__(self) -> "Emulator":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> tuple[int, str]:
        """Returns the exit code, and the output after the first line."""
        stdout, stderr = self.process.communicate(timeout=20)
        return self.process.returncode, stdout + stderr

    def client(
        self, service: str, key: str = "test", secret: str = "test", token: str | None = None, region: str = REGION
    ) -> Any:
        return boto3.client(
            service,
            region_name=region,
            endpoint_url=self.url,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            aws_session_token=token,
            config=Config(retries={"max_attempts": 0}, parameter_validation=False, s3={"addressing_style": "path"}),
        )


def trust(*services: str) -> str:
    return document({"Effect": "Allow", "Principal": {"Service": list(services)}, "Action": "sts:AssumeRole"})


def document(*statements: Params) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def action(name: str, category: str, provider: str, configuration: dict[str, str], **more: Any) -> Params:
    return {
        "name": name,
        "actionTypeId": {"category": category, "owner": "AWS", "provider": provider, "version": "1"},
        "configuration": configuration,
        "inputArtifacts": [{"name": one} for one in more.get("takes", [])],
        "outputArtifacts": [{"name": one} for one in more.get("makes", [])],
    } | ({"namespace": more["namespace"]} if "namespace" in more else {})


def project(role: str, **changes: Any) -> Params:
    return {
        "name": "build",
        "serviceRole": role,
        "source": {"type": "CODEPIPELINE", "buildspec": "version: 0.2"},
        "artifacts": {"type": "CODEPIPELINE"},
        "environment": {
            "type": "LINUX_CONTAINER",
            "image": "aws/codebuild/standard:7.0",
            "computeType": "BUILD_GENERAL1_SMALL",
            "environmentVariables": [{"name": "A", "value": "a"}],
        },
    } | changes


def pipeline(role: str, connection: str, **changes: Any) -> Params:
    source = {"ConnectionArn": connection, "FullRepositoryId": "o/r", "BranchName": "prod"}
    return {
        "name": "app",
        "roleArn": role,
        "pipelineType": "V2",
        "executionMode": "QUEUED",
        "artifactStore": {"type": "S3", "location": "artifacts"},
        "variables": [{"name": "Reason", "defaultValue": "none"}],
        "triggers": [
            {
                "providerType": "CodeStarSourceConnection",
                "gitConfiguration": {"sourceActionName": "Source", "push": [{"branches": {"includes": ["prod"]}}]},
            }
        ],
        "stages": [
            {
                "name": "Source",
                "actions": [
                    action("Source", "Source", "CodeStarSourceConnection", source, makes=["src"], namespace="S")
                ],
            },
            {
                "name": "Build",
                "actions": [
                    action("Build", "Build", "CodeBuild", {"ProjectName": "build"}, takes=["src"], makes=["img"])
                ],
            },
            {
                "name": "Approve",
                "onFailure": {"result": "ROLLBACK"},
                "actions": [
                    action("Approve", "Approval", "Manual", {"CustomData": "#{S.CommitId} #{variables.Reason}"})
                ],
            },
            {
                "name": "Deploy",
                "actions": [action("Deploy", "Deploy", "ECS", {"ClusterName": "c", "ServiceName": "s"}, takes=["img"])],
            },
        ],
    } | changes


class ProcessTest(unittest.TestCase):
    def test_process_prints_its_address_and_ends_with_its_stdin(self) -> None:
        emulator = Emulator()
        self.assertRegex(emulator.line, r"^listening on http://127\.0\.0\.1:\d+\n$")
        self.assertEqual(emulator.client("sts").get_caller_identity()["Account"], ACCOUNT)
        self.assertEqual(emulator.stop(), (0, ""))

    def test_unknown_keys_belong_to_a_role_session(self) -> None:
        for environment, role in (({}, "deployer"), ({"SANDBOX_ROLE": "releaser"}, "releaser")):
            with Emulator(environment=environment) as emulator:
                arn = emulator.client("sts").get_caller_identity()["Arn"]
                self.assertEqual(arn, f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/sandbox")

    def test_process_saves_its_state_on_sigterm(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            state = Path(folder, "state")
            emulator = Emulator("--state", str(state), command=PLAIN)
            emulator.process.send_signal(signal.SIGTERM)
            self.assertEqual(emulator.process.wait(timeout=20), 0)
            emulator.stop()
            self.assertEqual([path.name for path in Path(folder).iterdir()], ["state"])

    def test_process_refuses_the_state_of_another_version(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            state = Path(folder, "state")
            for content in (b'{"moto": "0.0.1"}\n', b"\x80\x04nonsense\n"):
                state.write_bytes(content)
                code, printed = Emulator("--state", str(state)).stop()
                self.assertEqual(code, 1)
                self.assertEqual(printed.count("\n"), 1, printed)
                self.assertEqual(state.read_bytes(), content)

    def test_process_serves_once_it_prints_its_address(self) -> None:
        with Emulator() as emulator:
            emulator.client("iam").get_policy(PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")

    def test_response_is_sent_in_one_write(self) -> None:
        with (
            Emulator() as emulator,
            socket.create_connection(("127.0.0.1", int(emulator.url.rsplit(":")[-1]))) as asked,
        ):
            asked.sendall(b"GET /sandbox/calls HTTP/1.1\r\nHost: localhost\r\n\r\n")
            head, _, body = asked.recv(65536).partition(b"\r\n\r\n")
        self.assertTrue(head.startswith(b"HTTP/1.1 200 "), head)
        self.assertEqual(body, b"[]")


class SnapshotTest(unittest.TestCase):
    def test_restored_process_returns_the_same_responses(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            state = str(Path(folder, "state"))
            with Emulator("--state", state) as first:
                reads = self.make_everything(first)
                # The first read may itself change something (builds end when they are read).
                self.responses(first, reads)
                before = self.responses(first, reads)
            with Emulator("--state", state) as second:
                after = self.responses(second, reads)
                second.client("sqs").send_message(QueueUrl=f"{second.url}/{ACCOUNT}/queue", MessageBody="locks work")
        self.assertGreater(len(before), 50)
        for name, response in before.items():
            with self.subTest(name):
                self.assertEqual(after[name], response)

    def responses(self, emulator: Emulator, reads: list[tuple[str, str, Params]]) -> dict[str, str]:
        responses = {}
        for service, operation, arguments in reads:
            response = getattr(emulator.client(service), operation)(**arguments)
            del response["ResponseMetadata"]
            # The only time that is the time of the request.
            response.pop("lastEvaluatedAt", None)
            if "Body" in response:
                response["Body"] = response["Body"].read().decode()
            text = json.dumps(response, default=str, sort_keys=True).replace(emulator.url, "URL")
            responses[f"{service}.{operation} {sorted(arguments)}"] = text
        return responses

    def make_everything(self, emulator: Emulator) -> list[tuple[str, str, Params]]:
        """Creates one of every resource type that prodgate uses; returns the calls that read them."""
        reads: list[tuple[str, str, Params]] = []

        def read(service: str, operation: str, **arguments: Any) -> None:
            reads.append((service, operation, arguments))

        c = emulator.client
        services = ("codebuild", "codepipeline", "codedeploy", "lambda", "states", "config")
        iam = c("iam")
        role = iam.create_role(
            RoleName="role",
            Path="/prodgate/",
            AssumeRolePolicyDocument=trust(*(f"{name}.amazonaws.com" for name in services)),
            Tags=[{"Key": "k", "Value": "v"}],
        )["Role"]["Arn"]
        policy = iam.create_policy(
            PolicyName="policy", PolicyDocument=document({"Effect": "Allow", "Action": "s3:*", "Resource": "*"})
        )["Policy"]["Arn"]
        iam.attach_role_policy(RoleName="role", PolicyArn=policy)
        iam.attach_role_policy(RoleName="role", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
        oidc = iam.create_open_id_connect_provider(
            Url="https://token.actions.githubusercontent.com",
            ClientIDList=["sts.amazonaws.com"],
            ThumbprintList=["a" * 40],
        )["OpenIDConnectProviderArn"]
        read("iam", "get_role", RoleName="role")
        read("iam", "get_policy_version", PolicyArn=policy, VersionId="v1")
        read("iam", "list_attached_role_policies", RoleName="role")
        read("iam", "get_policy", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
        read("iam", "get_open_id_connect_provider", OpenIDConnectProviderArn=oidc)

        kms = c("kms")
        key = kms.create_key(Description="d", Tags=[{"TagKey": "k", "TagValue": "v"}])["KeyMetadata"]["KeyId"]
        signing = kms.create_key(KeyUsage="SIGN_VERIFY", KeySpec="ECC_NIST_P384")["KeyMetadata"]["KeyId"]
        kms.create_key(KeyUsage="SIGN_VERIFY", KeySpec="RSA_2048")
        kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=180)
        kms.create_alias(AliasName="alias/prodgate", TargetKeyId=key)
        for operation in ("describe_key", "get_key_rotation_status", "list_resource_tags"):
            read("kms", operation, KeyId=key)
        read("kms", "get_key_policy", KeyId=key, PolicyName="default")
        read("kms", "get_public_key", KeyId=signing)
        read("kms", "list_aliases")

        s3 = c("s3")
        s3.create_bucket(Bucket="artifacts", CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_bucket_versioning(Bucket="artifacts", VersioningConfiguration={"Status": "Enabled"})
        allow = {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Resource": "*"}
        s3.put_bucket_policy(
            Bucket="artifacts",
            Policy=document(allow | {"Action": "s3:GetBucketAcl"}, allow | {"Action": "s3:PutObject"}),
        )
        s3.put_object(Bucket="artifacts", Key="one", Body=b"content")
        for operation in ("get_bucket_versioning", "get_bucket_policy", "list_object_versions", "get_bucket_location"):
            read("s3", operation, Bucket="artifacts")
        read("s3", "get_object", Bucket="artifacts", Key="one")

        topic = c("sns").create_topic(Name="topic", Attributes={"KmsMasterKeyId": key})["TopicArn"]
        c("sns").subscribe(TopicArn=topic, Protocol="email", Endpoint="ops@example.com")
        c("sqs").create_queue(QueueName="dead")
        redrive = json.dumps({"deadLetterTargetArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:dead", "maxReceiveCount": 3})
        c("sqs").create_queue(QueueName="queue", Attributes={"RedrivePolicy": redrive})
        read("sns", "get_topic_attributes", TopicArn=topic)
        read("sns", "list_subscriptions_by_topic", TopicArn=topic)
        read("sqs", "get_queue_attributes", QueueUrl=f"{emulator.url}/{ACCOUNT}/queue", AttributeNames=["All"])

        c("logs").create_log_group(logGroupName="group", kmsKeyId=key)
        c("logs").put_retention_policy(logGroupName="group", retentionInDays=365)
        read("logs", "describe_log_groups")

        c("ecr").create_repository(repositoryName="app", imageTagMutability="IMMUTABLE")
        untagged = {"tagStatus": "untagged", "countType": "imageCountMoreThan", "countNumber": 1}
        rules = [{"rulePriority": 1, "selection": untagged, "action": {"type": "expire"}}]
        c("ecr").put_lifecycle_policy(repositoryName="app", lifecyclePolicyText=json.dumps({"rules": rules}))
        read("ecr", "describe_repositories")
        read("ecr", "get_lifecycle_policy", repositoryName="app")

        connection = c("codeconnections").create_connection(ConnectionName="gh", ProviderType="GitHub")["ConnectionArn"]
        read("codeconnections", "get_connection", ConnectionArn=connection)
        c("codebuild").create_project(**project(role))
        build = c("codebuild").start_build(projectName="build")["build"]["id"]
        read("codebuild", "batch_get_projects", names=["build"])
        read("codebuild", "batch_get_builds", ids=[build])
        handshake(emulator, connection)
        c("codepipeline").create_pipeline(pipeline=pipeline(role, connection), tags=[{"key": "k", "value": "v"}])
        read("codepipeline", "get_pipeline", name="app")
        read("codepipeline", "get_pipeline_state", name="app")
        read("codepipeline", "list_pipeline_executions", pipelineName="app")
        read("codepipeline", "list_action_executions", pipelineName="app")
        read("codepipeline", "list_tags_for_resource", resourceArn=f"arn:aws:codepipeline:{REGION}:{ACCOUNT}:app")

        detector = c("guardduty").create_detector(Enable=True, Tags={"k": "v"})["DetectorId"]
        c("guardduty").create_sample_findings(DetectorId=detector, FindingTypes=["Trojan:EC2/DNSDataExfiltration"])
        read("guardduty", "get_detector", DetectorId=detector)
        read("guardduty", "list_findings", DetectorId=detector)

        config = c("config")
        config.put_configuration_recorder(ConfigurationRecorder={"name": "default", "roleARN": role})
        config.put_delivery_channel(DeliveryChannel={"name": "default", "s3BucketName": "artifacts"})
        config.start_configuration_recorder(ConfigurationRecorderName="default")
        source = {"Owner": "AWS", "SourceIdentifier": "CLOUD_TRAIL_ENABLED"}
        config.put_config_rule(ConfigRule={"ConfigRuleName": "rule", "Source": source})
        for operation in (
            "describe_configuration_recorders",
            "describe_configuration_recorder_status",
            "describe_delivery_channels",
            "describe_config_rules",
        ):
            read("config", operation)

        c("cloudtrail").create_trail(Name="trail", S3BucketName="artifacts", IsMultiRegionTrail=True)
        c("cloudtrail").start_logging(Name=f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/trail")
        read("cloudtrail", "describe_trails")
        read("cloudtrail", "get_event_selectors", TrailName="trail")

        c("events").put_rule(Name="rule", EventPattern='{"source": ["aws.codepipeline"]}')
        c("events").put_targets(Rule="rule", Targets=[{"Id": "1", "Arn": topic}])
        read("events", "describe_rule", Name="rule")
        read("events", "list_targets_by_rule", Rule="rule")
        c("cloudwatch").put_metric_alarm(
            AlarmName="alarm",
            MetricName="m",
            Namespace="n",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
        )
        c("cloudwatch").put_composite_alarm(AlarmName="both", AlarmRule='ALARM("alarm")')
        read("cloudwatch", "describe_alarms", AlarmTypes=["MetricAlarm", "CompositeAlarm"])

        c("organizations").create_organization(FeatureSet="ALL")
        content = document({"Effect": "Deny", "Action": "codepipeline:UpdatePipeline", "Resource": "*"})
        scp = c("organizations").create_policy(
            Name="guard", Description="d", Type="SERVICE_CONTROL_POLICY", Content=content
        )["Policy"]["PolicySummary"]["Id"]
        read("organizations", "describe_organization")
        read("organizations", "describe_policy", PolicyId=scp)

        c("secretsmanager").create_secret(Name="secret", SecretString="s")
        read("secretsmanager", "describe_secret", SecretId="secret")
        read("secretsmanager", "get_secret_value", SecretId="secret")
        machine = c("stepfunctions").create_state_machine(
            name="machine", roleArn=role, definition='{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}'
        )["stateMachineArn"]
        read("stepfunctions", "describe_state_machine", stateMachineArn=machine)
        execution = c("stepfunctions").start_execution(stateMachineArn=machine, input='{"a": 1}')["executionArn"]
        read("stepfunctions", "describe_execution", executionArn=execution)
        read("stepfunctions", "get_execution_history", executionArn=execution)
        c("lambda").create_function(
            FunctionName="function",
            Role=role,
            Runtime="python3.12",
            Handler="i.h",
            Code={"ZipFile": zip_function()},
            KMSKeyArn=key,
        )
        read("lambda", "get_function_configuration", FunctionName="function")

        c("accessanalyzer").create_analyzer(analyzerName="analyzer", type="ACCOUNT")
        read("accessanalyzer", "get_analyzer", analyzerName="analyzer")
        c("securityhub").enable_security_hub()
        read("securityhub", "describe_hub")
        read("securityhub", "get_enabled_standards")
        c("signer").put_signing_profile(profileName="profile", platformId="Notation-OCI-SHA384-ECDSA")
        read("signer", "get_signing_profile", profileName="profile")
        c("codedeploy").create_application(applicationName="app", computePlatform="ECS")
        c("codedeploy").create_deployment_group(
            applicationName="app",
            deploymentGroupName="prod",
            serviceRoleArn=role,
            deploymentStyle={"deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL"},
            ecsServices=[{"clusterName": "prod", "serviceName": "backend"}],
        )
        read("codedeploy", "get_application", applicationName="app")
        read("codedeploy", "get_deployment_group", applicationName="app", deploymentGroupName="prod")
        c("codecommit").create_repository(repositoryName="app", tags={"k": "v"})
        read("codecommit", "get_repository", repositoryName="app")
        rule = c("codestar-notifications").create_notification_rule(
            Name="rule",
            EventTypeIds=["codepipeline-pipeline-pipeline-execution-failed"],
            Resource=f"arn:aws:codepipeline:{REGION}:{ACCOUNT}:app",
            Targets=[{"TargetType": "SNS", "TargetAddress": topic}],
            DetailType="BASIC",
        )["Arn"]
        read("codestar-notifications", "describe_notification_rule", Arn=rule)
        limit = {"Amount": "10", "Unit": "USD"}
        c("budgets").create_budget(
            AccountId=ACCOUNT,
            Budget={"BudgetName": "budget", "BudgetType": "COST", "TimeUnit": "MONTHLY", "BudgetLimit": limit},
        )
        read("budgets", "describe_budget", AccountId=ACCOUNT, BudgetName="budget")

        c("ssm").put_parameter(Name="/prodgate/p", Value="v", Type="String")
        read("ssm", "get_parameter", Name="/prodgate/p")
        ec2 = c("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        zones = [f"{REGION}a", f"{REGION}b"]
        subnets = [
            ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=zone)["Subnet"]["SubnetId"]
            for n, zone in enumerate(zones)
        ]
        balancer = c("elbv2").create_load_balancer(Name="lb", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
        group = c("elbv2").create_target_group(Name="tg", Protocol="HTTP", Port=80, VpcId=vpc, TargetType="ip")
        c("elbv2").create_listener(
            LoadBalancerArn=balancer,
            Protocol="HTTP",
            Port=80,
            DefaultActions=[{"Type": "forward", "TargetGroupArn": group["TargetGroups"][0]["TargetGroupArn"]}],
        )
        read("ec2", "describe_vpcs", VpcIds=[vpc])
        read("elbv2", "describe_listeners", LoadBalancerArn=balancer)
        c("ecs").create_cluster(clusterName="cluster")
        c("ecs").register_task_definition(family="app", containerDefinitions=[{"name": "a", "image": "i", "memory": 8}])
        c("ecs").create_service(cluster="cluster", serviceName="app", taskDefinition="app", desiredCount=1)
        read("ecs", "describe_services", cluster="cluster", services=["app"])
        return reads


class ServiceTestCase(unittest.TestCase):
    def assert_rejected(self, code: str, call: Callable[..., Any], **arguments: Any) -> str:
        with self.assertRaises(ClientError) as caught:
            call(**arguments)
        error = caught.exception.response["Error"]
        self.assertEqual(error["Code"], code, error["Message"])
        return str(error["Message"])


class BehaviourTest(ServiceTestCase):
    emulator: Emulator

    @classmethod
    def setUpClass(cls) -> None:
        cls.emulator = Emulator()
        cls.client = cls.emulator.client
        cls.role = cls.client("iam").create_role(
            RoleName="role", AssumeRolePolicyDocument=trust("codebuild.amazonaws.com", "codepipeline.amazonaws.com")
        )["Role"]["Arn"]

    @classmethod
    def tearDownClass(cls) -> None:
        cls.emulator.stop()

    client: Callable[..., Any]
    role: str

    def test_missing_operation_is_named_and_not_retried(self) -> None:
        message = self.assert_rejected("NotImplemented", self.client("codebuild").list_curated_environment_images)
        self.assertEqual(message, "the sandbox does not emulate codebuild:ListCuratedEnvironmentImages")
        self.assert_rejected(
            "NotImplemented",
            self.client("kms").derive_shared_secret,
            KeyId="k",
            KeyAgreementAlgorithm="ECDH",
            PublicKey=b"k",
        )

    def test_assumed_role_credentials_act_in_the_account_of_the_role(self) -> None:
        arn = f"arn:aws:iam::{OTHER}:role/deployer"
        self.assert_rejected("AccessDenied", self.client("sts").assume_role, RoleArn=arn, RoleSessionName="s")
        organize(self.emulator, role_arn=arn, target="r-ab12", account="345678901234")
        given = self.client("sts").assume_role(RoleArn=arn, RoleSessionName="s")["Credentials"]
        sts = self.client("sts", given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
        self.assertEqual(sts.get_caller_identity()["Arn"], f"arn:aws:sts::{OTHER}:assumed-role/deployer/s")

    def test_codebuild_project_returns_aws_defaults(self) -> None:
        codebuild = self.client("codebuild")
        made = codebuild.create_project(**project(self.role, name="defaults"))["project"]
        self.assertEqual((made["timeoutInMinutes"], made["queuedTimeoutInMinutes"]), (60, 480))
        self.assertEqual(made["encryptionKey"], f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/aws/s3")
        self.assertEqual(
            made["environment"]["environmentVariables"], [{"name": "A", "value": "a", "type": "PLAINTEXT"}]
        )
        codebuild.update_project(name="defaults", concurrentBuildLimit=2, encryptionKey="arn:aws:kms:key")
        [updated] = codebuild.batch_get_projects(names=["defaults"])["projects"]
        self.assertEqual((updated["concurrentBuildLimit"], updated["encryptionKey"]), (2, "arn:aws:kms:key"))
        self.assertEqual(updated["source"], made["source"])
        codebuild.update_project(name="defaults", concurrentBuildLimit=-1)
        [updated] = codebuild.batch_get_projects(names=["defaults"])["projects"]
        self.assertNotIn("concurrentBuildLimit", updated)

    def test_codebuild_project_that_aws_rejects_is_rejected(self) -> None:
        create = self.client("codebuild").create_project
        for changes in (
            {"name": "no spaces"},
            {"artifacts": {"type": "NO_ARTIFACTS"}},
            {"source": {"type": "NO_SOURCE"}, "artifacts": {"type": "NO_ARTIFACTS"}},
            {"timeoutInMinutes": 1},
            {"serviceRole": f"arn:aws:iam::{ACCOUNT}:role/nobody"},
        ):
            with self.subTest(changes):
                self.assert_rejected("InvalidInputException", create, **project(self.role, **changes))

    def test_connection_is_pending_until_the_handshake(self) -> None:
        connections = self.client("codeconnections")
        arn = connections.create_connection(ConnectionName="gh", ProviderType="GitHub")["ConnectionArn"]
        self.assertEqual(connections.get_connection(ConnectionArn=arn)["Connection"]["ConnectionStatus"], "PENDING")
        handshake(self.emulator, arn)
        older = self.client("codestar-connections").get_connection(ConnectionArn=arn)["Connection"]
        self.assertEqual(older["ConnectionStatus"], "AVAILABLE")
        self.assert_rejected(
            "ValidationException", connections.create_connection, ConnectionName="x" * 33, ProviderType="GitHub"
        )
        self.assert_rejected("ResourceNotFoundException", connections.get_connection, ConnectionArn=arn + "0")

    def test_pipeline_that_aws_rejects_is_rejected(self) -> None:
        create = self.client("codepipeline").create_pipeline
        good = pipeline(self.role, "arn:c")
        source, build, _, deploy = good["stages"]

        def with_configuration(**changes: str) -> list[Params]:
            [one] = build["actions"]
            return [source, build | {"actions": [one | {"configuration": one["configuration"] | changes}]}]

        for code, changes in {
            "one stage": ("InvalidStructureException", {"stages": [source]}),
            "V1 with variables": ("InvalidStructureException", {"pipelineType": "V1"}),
            "a source in a later stage": (
                "InvalidStageDeclarationException",
                {"stages": [source, source | {"name": "S2"}]},
            ),
            "two stages of one name": ("InvalidStageDeclarationException", {"stages": [source, build, build]}),
            "an artifact nobody makes": ("InvalidActionDeclarationException", {"stages": [source, deploy]}),
            "unknown configuration": ("InvalidActionDeclarationException", {"stages": with_configuration(Nope="x")}),
            "a value of 1001 characters": (
                "ValidationException",
                {"stages": with_configuration(EnvironmentVariables="x" * 1001)},
            ),
            "rollback of the source": (
                "InvalidStageDeclarationException",
                {"stages": [source | {"onFailure": {"result": "ROLLBACK"}}, build]},
            ),
            "a role of somebody else": (
                "InvalidStructureException",
                {"roleArn": f"arn:aws:iam::{ACCOUNT}:role/nobody"},
            ),
        }.values():
            with self.subTest(changes=changes):
                self.assert_rejected(code, create, pipeline=good | {"name": "bad"} | changes)

    def test_pipeline_waits_for_its_approvals(self) -> None:
        connection = self.client("codeconnections").create_connection(ConnectionName="p", ProviderType="GitHub")[
            "ConnectionArn"
        ]
        self.client("codebuild").create_project(**project(self.role))
        codepipeline = self.client("codepipeline")
        made = codepipeline.create_pipeline(pipeline=pipeline(self.role, connection))["pipeline"]
        self.assertEqual(made["version"], 1)
        self.assertEqual(codepipeline.update_pipeline(pipeline=made)["pipeline"]["version"], 2)

        def statuses() -> list[tuple[str, str]]:
            found = codepipeline.list_pipeline_executions(pipelineName="app")["pipelineExecutionSummaries"]
            return [(one["status"], one["trigger"]["triggerType"]) for one in found]

        def approve(result: str) -> None:
            state = codepipeline.get_pipeline_state(name="app")["stageStates"][2]
            token = state["actionStates"][0]["latestExecution"]["token"]
            where = {"pipelineName": "app", "stageName": "Approve", "actionName": "Approve"}
            response = {"result": {"summary": "s", "status": result}, "token": token}
            codepipeline.put_approval_result(**where, **response)
            self.assert_rejected(
                "ApprovalAlreadyCompletedException", codepipeline.put_approval_result, **where, **response
            )

        self.assertEqual(statuses(), [("Failed", "CreatePipeline")], "the connection is PENDING")
        handshake(self.emulator, connection)
        revision = {"actionName": "Source", "revisionType": "COMMIT_ID", "revisionValue": "abc"}
        first = codepipeline.start_pipeline_execution(name="app", sourceRevisions=[revision])["pipelineExecutionId"]
        codepipeline.start_pipeline_execution(name="app")
        asked = codepipeline.list_action_executions(pipelineName="app", filter={"pipelineExecutionId": first})
        resolved = asked["actionExecutionDetails"][0]["input"]["resolvedConfiguration"]
        self.assertEqual(resolved, {"CustomData": "abc none"})

        gate = {"pipelineName": "app", "stageName": "Deploy", "transitionType": "Inbound"}
        codepipeline.disable_stage_transition(**gate, reason="freeze")
        approve("Approved")
        self.assertEqual([status for status, _ in statuses()][:2], ["InProgress", "InProgress"])
        codepipeline.enable_stage_transition(**gate)
        self.assertEqual([status for status, _ in statuses()][:2], ["InProgress", "Succeeded"])
        approve("Rejected")
        self.assertEqual(statuses()[0], ("InProgress", "AutomatedRollback"))
        rollback = codepipeline.list_pipeline_executions(pipelineName="app")["pipelineExecutionSummaries"][0]
        codepipeline.stop_pipeline_execution(
            pipelineName="app", pipelineExecutionId=rollback["pipelineExecutionId"], abandon=True
        )
        self.assertEqual([status for status, _ in statuses()], ["Stopped", "Failed", "Succeeded", "Failed"])

    def test_guardduty_update_keeps_other_features(self) -> None:
        guardduty = self.client("guardduty")
        key = guardduty.create_detector(Enable=True)["DetectorId"]
        self.assert_rejected("BadRequestException", guardduty.create_detector, Enable=True)
        runtime = {"Name": "ECS_FARGATE_AGENT_MANAGEMENT", "Status": "ENABLED"}
        guardduty.update_detector(
            DetectorId=key,
            Features=[{"Name": "RUNTIME_MONITORING", "Status": "ENABLED", "AdditionalConfiguration": [runtime]}],
        )
        guardduty.update_detector(DetectorId=key, Features=[{"Name": "S3_DATA_EVENTS", "Status": "DISABLED"}])
        detector = guardduty.get_detector(DetectorId=key)
        features = {feature["Name"]: feature for feature in detector["Features"]}
        self.assertEqual(features["S3_DATA_EVENTS"]["Status"], "DISABLED")
        self.assertEqual(features["LAMBDA_NETWORK_LOGS"]["Status"], "ENABLED")
        additional = [(one["Name"], one["Status"]) for one in features["RUNTIME_MONITORING"]["AdditionalConfiguration"]]
        self.assertEqual(
            additional,
            [
                ("EKS_ADDON_MANAGEMENT", "DISABLED"),
                ("EC2_AGENT_MANAGEMENT", "DISABLED"),
                ("ECS_FARGATE_AGENT_MANAGEMENT", "ENABLED"),
            ],
        )
        self.assertEqual(detector["DataSources"]["S3Logs"]["Status"], "DISABLED")

    def test_config_requires_recorder_before_channel_before_rules(self) -> None:
        config = self.client("config")
        rule = {"ConfigRuleName": "rule", "Source": {"Owner": "AWS", "SourceIdentifier": "CLOUD_TRAIL_ENABLED"}}
        self.assert_rejected("NoAvailableConfigurationRecorderException", config.put_config_rule, ConfigRule=rule)
        channel = {"name": "default", "s3BucketName": "config"}
        self.assert_rejected(
            "NoAvailableConfigurationRecorderException", config.put_delivery_channel, DeliveryChannel=channel
        )
        group = {"allSupported": True, "recordingStrategy": {"useOnly": "ALL_SUPPORTED_RESOURCE_TYPES"}}
        recorder = {"name": "default", "roleARN": self.role, "recordingGroup": group}
        config.put_configuration_recorder(ConfigurationRecorder=recorder)
        self.assert_rejected("NoSuchBucketException", config.put_delivery_channel, DeliveryChannel=channel)
        start = {"ConfigurationRecorderName": "default"}
        self.assert_rejected("NoAvailableDeliveryChannelException", config.start_configuration_recorder, **start)
        config.put_config_rule(ConfigRule=rule)
        unknown = rule | {"Source": {"Owner": "AWS", "SourceIdentifier": "NO_SUCH_RULE"}}
        self.assert_rejected("InvalidParameterValueException", config.put_config_rule, ConfigRule=unknown)
        self.assert_rejected(
            "InvalidParameterValueException",
            config.put_config_rule,
            ConfigRule=rule | {"InputParameters": '{"nope": "x"}'},
        )

    def test_config_returns_guard_text_separately(self) -> None:
        config = self.client("config")
        config.put_configuration_recorder(ConfigurationRecorder={"name": "default", "roleARN": self.role})
        self.addCleanup(config.delete_configuration_recorder, ConfigurationRecorderName="default")
        details = {"PolicyRuntime": "guard-2.x.x", "PolicyText": "rule r { true == true }"}
        source = {"Owner": "CUSTOM_POLICY", "CustomPolicyDetails": details}
        config.put_config_rule(ConfigRule={"ConfigRuleName": "guard", "Source": source})
        [rule] = config.describe_config_rules(ConfigRuleNames=["guard"])["ConfigRules"]
        self.assertNotIn("PolicyText", rule["Source"]["CustomPolicyDetails"])
        self.assertEqual(config.get_custom_rule_policy(ConfigRuleName="guard")["PolicyText"], details["PolicyText"])

    def test_bucket_policy_denies_by_its_conditions(self) -> None:
        s3 = self.client("s3")
        s3.create_bucket(Bucket="conditions", CreateBucketConfiguration={"LocationConstraint": REGION})
        everyone = f"arn:aws:iam::{ACCOUNT}:*"

        def denied(condition: Params, **headers: str) -> bool:
            deny = {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:PutObject",
                "Resource": "arn:aws:s3:::conditions/*",
            }
            s3.put_bucket_policy(Bucket="conditions", Policy=document(deny | {"Condition": condition}))
            try:
                s3.put_object(Bucket="conditions", Key="k", Body=b"", **headers)
            except ClientError as error:
                self.assertEqual(error.response["ResponseMetadata"]["HTTPStatusCode"], 403)
                return True
            return False

        kms = "s3:x-amz-server-side-encryption-aws-kms-key-id"
        right = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "right"}
        for name, expected, condition, headers in (
            ("not TLS", False, {"Bool": {"aws:SecureTransport": "false"}}, {}),
            ("old TLS", False, {"NumericLessThan": {"s3:TlsVersion": "1.2"}}, {}),
            ("the right key", False, {"StringNotEquals": {kms: "right"}}, right),
            ("the wrong key", True, {"StringNotEquals": {kms: "other"}}, right),
            ("no key", True, {"StringNotEqualsIfExists": {kms: "right"}}, {}),
            ("no key, with Null", False, {"StringNotEquals": {kms: "right"}, "Null": {kms: "false"}}, {}),
            ("a writer that is listed", False, {"ArnNotLike": {"aws:PrincipalArn": ["arn:x", everyone]}}, {}),
            ("a writer that is not", True, {"ArnNotLike": {"aws:PrincipalArn": ["arn:x"]}}, {}),
            ("an unknown key", False, {"StringNotEquals": {"aws:NoSuchKey": "x"}}, {}),
            ("an unknown operator", False, {"DateGreaterThan": {"aws:PrincipalArn": "x"}}, {}),
        ):
            with self.subTest(name):
                self.assertEqual(denied(condition, **headers), expected)

    def test_key_returns_its_rotation_period(self) -> None:
        kms = self.client("kms")
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=180)
        self.assertEqual(kms.get_key_rotation_status(KeyId=key)["RotationPeriodInDays"], 180)
        self.assert_rejected("ValidationException", kms.enable_key_rotation, KeyId=key, RotationPeriodInDays=89)

    def test_active_profile_signs_with_the_published_root(self) -> None:
        signer = self.client("signer")
        signer.put_signing_profile(profileName="signing", platformId="Notation-OCI-SHA384-ECDSA")
        payload = {
            "profileName": "signing",
            "payload": b"{}",
            "payloadFormat": "application/vnd.cncf.notary.payload.v1+json",
        }
        chains = [json.loads(signer.sign_payload(**payload)["signature"])["header"]["x5c"] for _ in range(2)]
        with urllib.request.urlopen(self.emulator.url + "/sandbox/signer-root") as response:
            root = response.read().decode()
        self.assertEqual([chain[-1] for chain in chains], [root, root])
        self.assertNotEqual(chains[0][0], chains[1][0])
        signer.cancel_signing_profile(profileName="signing")
        for change, error in (
            ({}, "ValidationException"),
            ({"profileName": "nobodys"}, "ResourceNotFoundException"),
            ({"payloadFormat": "text/plain"}, "ValidationException"),
        ):
            self.assert_rejected(error, signer.sign_payload, **(payload | change))

    def test_trail_requires_a_writable_bucket(self) -> None:
        self.client("s3").create_bucket(Bucket="closed", CreateBucketConfiguration={"LocationConstraint": REGION})
        create = self.client("cloudtrail").create_trail
        self.assert_rejected("InsufficientS3BucketPolicyException", create, Name="trail", S3BucketName="closed")

    def test_service_control_policy_is_validated(self) -> None:
        organizations = self.client("organizations")
        arguments = {"Name": "n", "Description": "d", "Type": "SERVICE_CONTROL_POLICY"}
        statement = {"Effect": "Deny", "Action": "*", "Resource": "*"}
        create = organizations.create_policy
        self.assert_rejected("AWSOrganizationsNotInUseException", create, **arguments, Content=document(statement))
        organizations.create_organization(FeatureSet="ALL")
        malformed = document(statement | {"Principal": "*"})
        self.assert_rejected("MalformedPolicyDocumentException", create, **arguments, Content=malformed)
        long = document(statement | {"Sid": "x" * 5120})
        self.assert_rejected("ConstraintViolationException", create, **arguments, Content=long)
        create(**arguments, Content=document(statement))

    def test_sqs_update_keeps_other_attributes(self) -> None:
        sqs = self.client("sqs")
        policy = document({"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"})
        url = sqs.create_queue(QueueName="kept", Attributes={"Policy": policy})["QueueUrl"]
        text = f'{{"deadLetterTargetArn":  "arn:aws:sqs:{REGION}:{ACCOUNT}:kept", "maxReceiveCount": "3"}}'
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": text})
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        self.assertEqual((attributes["Policy"], attributes["RedrivePolicy"]), (policy, text))

    def test_calls_are_recorded_by_model_names(self) -> None:
        take_calls(self.emulator)  # what other tests asked for
        s3 = self.client("s3")
        self.client("iam").list_roles()
        self.client("iam").create_role(RoleName="noted", AssumeRolePolicyDocument=trust("config.amazonaws.com"))
        self.client("events").put_rule(Name="noted", EventPattern='{"source": ["s"]}')
        s3.create_bucket(Bucket="noted", CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_object(Bucket="noted", Key="a/b", Body=b"whole")
        self.assertEqual(b"whole", s3.get_object(Bucket="noted", Key="a/b")["Body"].read())
        for read in (s3.get_bucket_versioning, s3.head_bucket, s3.list_object_versions, s3.list_objects_v2):
            read(Bucket="noted")
            read(Bucket="noted")
        s3.delete_objects(Bucket="noted", Delete={"Objects": [{"Key": "a/b"}]})
        with self.assertRaises(ClientError):
            self.client("guardduty").list_tags_for_resource(
                ResourceArn=f"arn:aws:guardduty:{REGION}:{ACCOUNT}:detector/none"
            )
        noted = [(c["service"], c["operation"], c["resource"], c["times"]) for c in take_calls(self.emulator)]
        for wanted in (
            ("events", "PutRule", "noted", 1),
            ("iam", "CreateRole", "noted", 1),
            ("iam", "ListRoles", "", 1),
            ("s3", "CreateBucket", "noted", 1),
            ("s3", "DeleteObjects", "noted", 1),
            ("s3", "GetBucketVersioning", "noted", 2),
            ("s3", "GetObject", "noted/a/b", 1),
            ("s3", "HeadBucket", "noted", 2),
            ("s3", "ListObjectVersions", "noted", 2),
            ("s3", "ListObjectsV2", "noted", 2),
            ("s3", "PutObject", "noted/a/b", 1),
        ):
            self.assertIn(wanted, noted)
        self.assertIn(("guardduty", "ListTagsForResource"), [call[:2] for call in noted])
        self.assertEqual([], take_calls(self.emulator))

    def test_secret_without_a_value_accepts_rotation(self) -> None:
        secrets = self.client("secretsmanager")
        secrets.create_secret(Name="empty")
        rotation = {"SecretId": "empty", "RotateImmediately": False, "RotationRules": {"AutomaticallyAfterDays": 7}}
        function = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:rotate"
        self.assert_rejected("AccessDeniedException", secrets.rotate_secret, **rotation, RotationLambdaARN=function)
        self.client("lambda").create_function(
            FunctionName="rotate", Role=self.role, Runtime="python3.12", Handler="i.h", Code={"ZipFile": zip_function()}
        )
        secrets.rotate_secret(**rotation, RotationLambdaARN=function)
        response = secrets.describe_secret(SecretId="empty")
        self.assertEqual((response["RotationEnabled"], response["RotationLambdaARN"]), (True, function))
        self.assertEqual(response["RotationRules"], {"AutomaticallyAfterDays": 7})
        self.assertNotIn("VersionIdsToStages", response)
        self.assert_rejected("ResourceNotFoundException", secrets.get_secret_value, SecretId="empty")
        secrets.put_secret_value(SecretId="empty", SecretString="s")
        secrets.rotate_secret(**rotation)
        self.assertEqual(secrets.get_secret_value(SecretId="empty")["SecretString"], "s")
        stages = secrets.describe_secret(SecretId="empty")["VersionIdsToStages"]
        self.assertEqual(list(stages.values()), [["AWSCURRENT"]])

    def test_secret_keeps_its_name_until_its_deletion(self) -> None:
        secrets = self.client("secretsmanager")
        secrets.create_secret(Name="kept")
        self.assert_rejected("ResourceExistsException", secrets.create_secret, Name="kept")
        secrets.delete_secret(SecretId="kept", RecoveryWindowInDays=7)
        self.assert_rejected("InvalidRequestException", secrets.create_secret, Name="kept")
        secrets.delete_secret(SecretId="kept", ForceDeleteWithoutRecovery=True)
        secrets.create_secret(Name="kept")

    def test_role_update_keeps_the_description(self) -> None:
        iam = self.client("iam")
        iam.create_role(RoleName="described", Description="d", AssumeRolePolicyDocument=trust("x.amazonaws.com"))
        iam.update_role(RoleName="described", MaxSessionDuration=7200)
        role = iam.get_role(RoleName="described")["Role"]
        self.assertEqual((role["Description"], role["MaxSessionDuration"]), ("d", 7200))


class OrganizationTest(ServiceTestCase):
    emulator: Emulator

    def setUp(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.start()
        self.addCleanup(lambda: self.emulator.stop())  # noqa: PLW0108 (a test starts another)

    def start(self) -> None:
        self.emulator = Emulator("--state", f"{self.folder.name}/state")
        self.client = self.emulator.client

    client: Callable[..., Any]

    def test_organization_is_visible_to_its_manager(self) -> None:
        manager, unit = "345678901234", "ou-ab12-34567890"
        arn = f"arn:aws:iam::{manager}:role/deep/guardrails"
        for _ in range(2):  # the second changes nothing
            organize(self.emulator, role_arn=arn, preview_role_arn=f"{arn}-preview", target=unit, account=ACCOUNT)
        self.assertEqual(self.assume_role(f"{arn}-preview")("sts").get_caller_identity()["Account"], manager)
        self.assert_rejected("AccessDeniedException", self.client("organizations").list_accounts)
        described = self.client("organizations").describe_organization()["Organization"]
        self.assertEqual(described["MasterAccountId"], manager)

        managing = self.assume_role(arn)
        self.assertEqual(managing("sts").get_caller_identity()["Account"], manager)
        organizations = managing("organizations")
        below = organizations.list_accounts_for_parent(ParentId=unit)["Accounts"]
        self.assertEqual([(a["Id"], a["JoinedMethod"]) for a in below], [(ACCOUNT, "INVITED")])
        self.assertEqual(len(organizations.list_accounts()["Accounts"]), 2)
        self.assert_rejected(
            "ParentNotFoundException", organizations.list_accounts_for_parent, ParentId="ou-ab12-00000000"
        )

        root = organizations.list_roots()["Roots"][0]
        self.assertEqual(root["Id"], "r-ab12")
        self.assertEqual(root["PolicyTypes"], [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}])
        on_target = {"TargetId": unit}
        arguments = on_target | {"Filter": "SERVICE_CONTROL_POLICY"}
        attached = organizations.list_policies_for_target(**arguments)["Policies"]
        self.assertEqual([policy["Name"] for policy in attached], ["FullAWSAccess"])
        full = {"PolicyId": attached[0]["Id"]}
        self.assert_rejected("ConstraintViolationException", organizations.detach_policy, **full, **on_target)
        self.assert_rejected("DuplicatePolicyAttachmentException", organizations.attach_policy, **full, **on_target)
        content = document({"Effect": "Deny", "Action": "*", "Resource": "*"})
        made = [
            organizations.create_policy(
                Name=f"guard-{i}", Description="d", Type="SERVICE_CONTROL_POLICY", Content=content
            )["Policy"]["PolicySummary"]["Id"]
            for i in range(5)
        ]
        for policy in made[:4]:
            organizations.attach_policy(PolicyId=policy, **on_target)
        self.assert_rejected("ConstraintViolationException", organizations.attach_policy, PolicyId=made[4], **on_target)
        self.assert_rejected("PolicyNotAttachedException", organizations.detach_policy, PolicyId=made[4], **on_target)
        self.assert_rejected(
            "TargetNotFoundException", organizations.attach_policy, PolicyId=made[4], TargetId=ACCOUNT[::-1]
        )
        organizations.disable_policy_type(RootId="r-ab12", PolicyType="SERVICE_CONTROL_POLICY")
        self.assert_rejected(
            "PolicyTypeNotEnabledException", organizations.attach_policy, PolicyId=made[4], TargetId="r-ab12"
        )

        self.emulator.stop()
        self.start()
        organize(self.emulator, role_arn=arn, target=unit, account=ACCOUNT)
        again = self.assume_role(arn)("organizations").list_policies_for_target(**arguments)["Policies"]
        self.assertEqual([policy["Id"] for policy in again], [attached[0]["Id"], *made[:4]])

    def test_organization_is_visible_to_a_delegated_administrator(self) -> None:
        delegate = "345678901234"
        arn = f"arn:aws:iam::{delegate}:role/guardrails"
        organize(self.emulator, role_arn=arn, target="r-cd34", account=ACCOUNT, manager=ACCOUNT)
        accounts = self.assume_role(arn)("organizations").list_accounts()["Accounts"]
        self.assertEqual({a["Id"] for a in accounts}, {ACCOUNT, delegate})

    def assume_role(self, role: str) -> Callable[[str], Any]:
        keys = self.client("sts").assume_role(RoleArn=role, RoleSessionName="session")["Credentials"]
        return lambda service: self.client(service, keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])


class GapsTest(unittest.TestCase):
    def test_gaps_name_their_module_or_a_reason(self) -> None:
        gaps = json.loads((HERE / "gaps.json").read_text())
        self.assertTrue(gaps)
        filled = set()
        for gap in gaps:
            with self.subTest(gap):
                self.assertTrue(gap["service"] and gap["what"])
                self.assertEqual(len(gap), 3)
                if "filledBy" in gap:
                    filled.add(gap["filledBy"])
                    self.assertTrue((HERE / gap["filledBy"]).is_file())
                else:
                    self.assertTrue(gap["reason"])
        common = {"__init__", "core", "statements", "tagging"}
        services = {f"services/{path.name}" for path in (HERE / "services").glob("*.py") if path.stem not in common}
        self.assertEqual(services - filled, set(), "services that no gap speaks of")


def take_calls(emulator: Emulator) -> list[Params]:
    with urllib.request.urlopen(f"{emulator.url}/sandbox/calls") as response:
        calls: list[Params] = json.load(response)
    return calls


def handshake(emulator: Emulator, connection: str) -> None:
    request = urllib.request.Request(f"{emulator.url}/sandbox/handshake", data=connection.encode(), method="POST")
    urllib.request.urlopen(request).close()


def organize(emulator: Emulator, **arguments: str) -> None:
    request = urllib.request.Request(
        f"{emulator.url}/sandbox/organization", data=json.dumps(arguments).encode(), method="POST"
    )
    urllib.request.urlopen(request).close()


def zip_function() -> bytes:
    content = BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("i.py", "def h(event, context): pass")
    return content.getvalue()


if __name__ == "__main__":
    unittest.main()
