"""The events that CloudTrail sends to EventBridge for the calls of the emulator."""

import base64
import contextlib
import json
import unittest
import urllib.request
from typing import Any

from botocore.exceptions import ClientError
from test_emulator import ACCOUNT, OTHER, REGION, Emulator, Params, document, organize, trust

GLOBAL = "us-east-1"


class TrailCase(unittest.TestCase):
    """One emulator with a trail, and in two regions a queue behind a rule for every CloudTrail event."""

    emulator: Emulator

    @classmethod
    def setUpClass(cls) -> None:
        cls.emulator = Emulator()
        s3, cls.trail = cls.emulator.client("s3"), cls.emulator.client("cloudtrail")
        allow = {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Resource": "*"}
        s3.create_bucket(Bucket="trail-bucket", CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_bucket_policy(
            Bucket="trail-bucket",
            Policy=document(allow | {"Action": "s3:GetBucketAcl"}, allow | {"Action": "s3:PutObject"}),
        )
        cls.trail.create_trail(Name="trail", S3BucketName="trail-bucket", IsMultiRegionTrail=True)
        cls.trail.start_logging(Name="trail")
        for region in (REGION, GLOBAL):
            cls.create_rule(region, "all", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS")

    trail: Any

    @classmethod
    def tearDownClass(cls) -> None:
        code, printed = cls.emulator.stop()
        assert (code, printed) == (0, ""), printed

    def setUp(self) -> None:
        self.take_events()
        self.take_events(GLOBAL)

    @classmethod
    def create_rule(cls, region: str, name: str, state: str) -> None:
        events, sqs = cls.emulator.client("events", region=region), cls.emulator.client("sqs", region=region)
        send = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage"}
        sqs.create_queue(QueueName=name, Attributes={"Policy": document(send | {"Resource": "*"})})
        events.put_rule(Name=name, State=state, EventPattern='{"source": [{"prefix": "aws."}]}')
        events.put_targets(Rule=name, Targets=[{"Id": "1", "Arn": f"arn:aws:sqs:{region}:{ACCOUNT}:{name}"}])

    def take_events(self, region: str = REGION, queue: str = "all") -> list[Params]:
        """Returns the events since the last time, in that region."""
        wait_for_events(self.emulator)
        sqs, events = self.emulator.client("sqs", region=region), []
        url = f"{self.emulator.url}/{ACCOUNT}/{queue}"
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                events.append(json.loads(message["Body"]))
        return events

    def take_event(self, region: str = REGION) -> Params:
        events = self.take_events(region)
        self.assertEqual(len(events), 1, [event["detail"].get("eventName") for event in events])
        return events[0]

    def call(self, service: str, operation: str, arguments: Params, *keys: str) -> None:
        """Makes a call that the emulator need not support."""
        made = self.emulator.client(service, *keys)
        with contextlib.suppress(ClientError):
            made._make_api_call(operation, arguments)


class TrailTest(TrailCase):
    def test_event_has_every_field(self) -> None:
        self.emulator.client("sns").create_topic(Name="whole")
        event = self.take_event()
        detail = event.pop("detail")
        self.assertEqual(
            (event["version"], event["detail-type"], event["account"], event["region"], event["resources"]),
            ("0", "AWS API Call via CloudTrail", ACCOUNT, REGION, []),
        )
        self.assertEqual(event["time"], detail["eventTime"])
        self.assertEqual(
            list(detail),
            [
                *("eventVersion", "userIdentity", "eventTime", "eventSource", "eventName", "awsRegion"),
                *("sourceIPAddress", "userAgent", "requestParameters", "responseElements", "requestID", "eventID"),
                *("readOnly", "eventType", "managementEvent", "recipientAccountId", "eventCategory"),
            ],
        )
        self.assertEqual(detail["responseElements"], {"topicArn": f"arn:aws:sns:{REGION}:{ACCOUNT}:whole"})
        self.assertEqual((detail["eventType"], detail["eventCategory"]), ("AwsApiCall", "Management"))
        self.assertEqual((detail["managementEvent"], detail["readOnly"]), (True, False))

    def test_resources(self) -> None:
        kms, s3, ecr = (self.emulator.client(service) for service in ("kms", "s3", "ecr"))
        key = kms.create_key()["KeyMetadata"]["Arn"]
        alias = f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/gone"
        kms.create_alias(AliasName="alias/gone", TargetKeyId=key)
        kms.delete_alias(AliasName="alias/gone")
        s3.put_bucket_versioning(Bucket="trail-bucket", VersioningConfiguration={"Status": "Enabled"})
        ecr.create_repository(repositoryName="resources")
        self.call("sts", "AssumeRole", {"RoleArn": f"arn:aws:iam::{OTHER}:role/r", "RoleSessionName": "s"})
        of_key = {"accountId": ACCOUNT, "type": "AWS::KMS::Key", "ARN": key}
        self.assertEqual(
            [event["detail"]["resources"] for event in self.take_events()],
            [
                [of_key],
                [of_key, of_key | {"ARN": alias}],
                [of_key, of_key | {"ARN": alias}],
                [{"accountId": ACCOUNT, "type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::trail-bucket"}],
                [{"ARN": f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/resources", "accountId": ACCOUNT}],
                [{"ARN": f"arn:aws:iam::{OTHER}:role/r", "accountId": OTHER, "type": "AWS::IAM::Role"}],
            ],
        )

    def test_identity_of_callers(self) -> None:
        iam, sts = self.emulator.client("iam"), self.emulator.client("sts")
        role = iam.create_role(RoleName="watcher", Path="/a/b/", AssumeRolePolicyDocument=trust("x"))["Role"]
        session = sts.assume_role(RoleArn=role["Arn"], RoleSessionName="s")["Credentials"]
        user = iam.create_user(UserName="ann", Path="/people/")["User"]
        key = iam.create_access_key(UserName="ann")["AccessKey"]
        callers = {
            "session": (session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"]),
            "user": (key["AccessKeyId"], key["SecretAccessKey"]),
            "root": ("AKIASANDBOXROOT00000", "sandbox"),
        }
        who = {}
        for name, keys in callers.items():
            self.take_events()
            self.call("codebuild", "StartBuild", {"projectName": "p"}, *keys)
            who[name] = self.take_event()["detail"]["userIdentity"]
            self.assertEqual(who[name].pop("accessKeyId"), keys[0])
        context = who["session"].pop("sessionContext")
        self.assertRegex(context["attributes"]["creationDate"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertEqual(
            context["sessionIssuer"],
            {
                "type": "Role",
                "principalId": role["RoleId"],
                "arn": f"arn:aws:iam::{ACCOUNT}:role/a/b/watcher",
                "accountId": ACCOUNT,
                "userName": "watcher",
            },
        )
        arns = {name: who[name]["arn"] for name in who}
        self.assertEqual(
            arns,
            {
                "session": f"arn:aws:sts::{ACCOUNT}:assumed-role/watcher/s",
                "user": f"arn:aws:iam::{ACCOUNT}:user/people/ann",
                "root": f"arn:aws:iam::{ACCOUNT}:root",
            },
        )
        self.assertEqual(
            [(w["type"], w["principalId"], w.get("userName")) for w in who.values()],
            [("AssumedRole", f"{role['RoleId']}:s", None), ("IAMUser", user["UserId"], "ann"), ("Root", ACCOUNT, None)],
        )

    def test_identity_of_federated_callers(self) -> None:
        iam = self.emulator.client("iam")
        iam.create_role(RoleName="ci", AssumeRolePolicyDocument=trust("x.amazonaws.com"))
        claims = {"iss": "https://token.actions.githubusercontent.com", "aud": "sts.amazonaws.com", "sub": "repo:o/r"}
        token = f"h.{base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip('=')}.s"
        arguments = {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/ci", "RoleSessionName": "s", "WebIdentityToken": token}
        self.call("sts", "AssumeRoleWithWebIdentity", arguments)
        detail = next(
            e["detail"] for e in self.take_events(GLOBAL) if e["detail"]["eventName"] == "AssumeRoleWithWebIdentity"
        )
        self.assertEqual(
            detail["userIdentity"],
            {
                "type": "WebIdentityUser",
                "principalId": "token.actions.githubusercontent.com:sts.amazonaws.com:repo:o/r",
                "userName": "repo:o/r",
                "identityProvider": "token.actions.githubusercontent.com",
            },
        )
        self.assertEqual(
            detail["requestParameters"], {"roleArn": arguments["RoleArn"], "roleSessionName": "s"}
        )  # no token

    def test_failed_call_has_the_error_name_of_the_model(self) -> None:
        self.call("iam", "GetRole", {"RoleName": "nobody"})
        self.call("cloudtrail", "UpdateTrail", {"Name": "myTrail2"})
        self.call("s3", "GetBucketPolicy", {"Bucket": "nowhere"})
        details = [event["detail"] for event in self.take_events(GLOBAL) + self.take_events()]
        self.assertEqual(
            [detail.get("errorCode") for detail in details],
            ["NoSuchEntityException", "TrailNotFoundException", "NoSuchBucket"],
        )
        for detail in details:
            self.assertTrue(detail["errorMessage"])
            self.assertIsNone(detail["responseElements"])

    def test_missing_operation_is_recorded_as_a_success(self) -> None:
        self.call("codebuild", "ListCuratedEnvironmentImages", {})
        job = {"source": {}, "destination": {}, "profileName": "p"}
        self.call("signer", "StartSigningJob", job)
        for event in self.take_events():
            self.assertNotIn("errorCode", event["detail"])

    def test_global_services_record_in_one_region(self) -> None:
        self.emulator.client("iam").create_role(RoleName="global", AssumeRolePolicyDocument=trust("x.amazonaws.com"))
        self.assertEqual(self.take_events(), [])
        self.assertEqual(self.take_event(GLOBAL)["detail"]["awsRegion"], GLOBAL)

    def test_data_events_are_not_recorded(self) -> None:
        s3, sns, sqs = (self.emulator.client(service) for service in ("s3", "sns", "sqs"))
        topic = sns.create_topic(Name="data")["TopicArn"]
        queue = sqs.create_queue(QueueName="data")["QueueUrl"]
        self.take_events()
        s3.put_object(Bucket="trail-bucket", Key="k", Body=b"b")
        s3.get_object(Bucket="trail-bucket", Key="k")
        s3.list_objects_v2(Bucket="trail-bucket")
        s3.head_bucket(Bucket="trail-bucket")
        sns.publish(TopicArn=topic, Message="m")
        sqs.send_message(QueueUrl=queue, MessageBody="m")
        sqs.receive_message(QueueUrl=queue)
        self.call("lambda", "Invoke", {"FunctionName": "f"})
        self.emulator.client("events").put_events(Entries=[{"Source": "s", "DetailType": "t", "Detail": "{}"}])
        self.assertEqual(self.take_events(), [])

    def test_read_events_need_a_rule_in_that_state(self) -> None:
        """Amazon EventBridge User Guide, Receiving read-only management events: others go to every rule."""
        self.create_rule(REGION, "changes", "ENABLED")
        self.take_events(queue="changes")
        self.take_events()
        self.emulator.client("sns").list_topics()
        self.call("sts", "GetSessionToken", {})
        self.call("codebuild", "BatchGetProjects", {"names": ["p"]})
        self.call("kms", "Decrypt", {"CiphertextBlob": b"c" * 60})
        self.emulator.client("sns").create_topic(Name="changes")
        names = [event["detail"]["eventName"] for event in self.take_events(queue="changes")]
        self.assertEqual(names, ["GetSessionToken", "BatchGetProjects", "Decrypt", "CreateTopic"])
        reads = {event["detail"]["eventName"]: event["detail"]["readOnly"] for event in self.take_events()}
        others = {"ListTopics": True, "BatchGetProjects": True, "Decrypt": True}
        self.assertEqual(reads, others | {"GetSessionToken": False, "CreateTopic": False})
        self.emulator.client("events").disable_rule(Name="changes")

    def test_nothing_is_recorded_without_a_trail(self) -> None:
        sns = self.emulator.client("sns")
        self.trail.stop_logging(Name="trail")
        sns.create_topic(Name="unseen")
        self.assertEqual([event["detail"]["eventName"] for event in self.take_events()], ["StopLogging"])
        self.trail.start_logging(Name="trail")
        sns.create_topic(Name="seen")
        self.assertEqual(
            [event["detail"]["eventName"] for event in self.take_events()], ["StartLogging", "CreateTopic"]
        )

    def test_trail_records_what_its_selectors_select(self) -> None:
        def field(name: str, *values: str, test: str = "Equals") -> Params:
            return {"Field": name, test: list(values)}

        writes = [{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": True}]
        without_keys = [
            {
                "FieldSelectors": [
                    field("eventCategory", "Management"),
                    field("eventSource", "kms.amazonaws.com", test="NotEquals"),
                ]
            }
        ]
        all_of_them = [{"ReadWriteType": "All", "IncludeManagementEvents": True}]
        for selectors, wanted in (
            ({"EventSelectors": writes}, ["CreateTopic", "CreateKey"]),
            ({"AdvancedEventSelectors": without_keys}, ["CreateTopic", "ListTopics"]),
            ({"EventSelectors": all_of_them}, ["CreateTopic", "ListTopics", "CreateKey"]),
        ):
            self.trail.put_event_selectors(TrailName="trail", **selectors)
            self.take_events()
            self.emulator.client("sns").create_topic(Name="selected")
            self.emulator.client("sns").list_topics()
            self.emulator.client("kms").create_key()
            self.assertEqual([event["detail"]["eventName"] for event in self.take_events()], wanted)

    def test_single_region_trail_records_its_region(self) -> None:
        self.trail.create_trail(Name="small", S3BucketName="trail-bucket", IsMultiRegionTrail=False)
        self.trail.start_logging(Name="small")
        self.trail.stop_logging(Name="trail")
        self.take_events()
        self.take_events(GLOBAL)
        self.emulator.client("sns").create_topic(Name="near")
        self.emulator.client("sns", region=GLOBAL).create_topic(Name="far")
        self.assertEqual(self.take_event()["detail"]["requestParameters"], {"name": "near"})
        self.assertEqual(self.take_events(GLOBAL), [])
        self.trail.start_logging(Name="trail")
        self.trail.delete_trail(Name="small")

    def test_call_is_recorded_in_the_account_of_its_keys(self) -> None:
        arn = f"arn:aws:iam::{OTHER}:role/deployer"
        organize(self.emulator, role_arn=arn, target="r-ab12", account=ACCOUNT)
        given = self.emulator.client("sts").assume_role(RoleArn=arn, RoleSessionName="s")["Credentials"]
        self.take_events()
        keys = (given[name] for name in ("AccessKeyId", "SecretAccessKey", "SessionToken"))
        self.call("sns", "CreateTopic", {"Name": "n"}, *keys)
        self.assertEqual(self.take_events(), [])

    def test_injected_events_reach_the_bus(self) -> None:
        finding = {
            "source": "aws.guardduty",
            "detail-type": "GuardDuty Finding",
            "account": ACCOUNT,
            "region": REGION,
            "detail": {"type": "Trojan:EC2/DNSDataExfiltration", "severity": 8},
        }
        service = {"type": "AWSService", "invokedBy": "codepipeline.amazonaws.com"}
        record = {
            "eventVersion": "1.11",
            "userIdentity": service,
            "eventTime": "2026-01-02T03:04:05Z",
            "eventSource": "kms.amazonaws.com",
            "eventName": "RotateKey",
            "awsRegion": REGION,
            "eventType": "AwsServiceEvent",
            "recipientAccountId": ACCOUNT,
        }
        inject(self.emulator, finding)
        inject(self.emulator, record)
        first, second = self.take_events()
        self.assertEqual((first["detail"], first["resources"]), (finding["detail"], []))
        self.assertRegex(first["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertEqual(second["detail"], record)
        self.assertEqual(
            (second["source"], second["detail-type"], second["time"]),
            ("aws.kms", "AWS Service Event via CloudTrail", record["eventTime"]),
        )


def wait_for_events(emulator: Emulator) -> None:
    urllib.request.urlopen(f"{emulator.url}/sandbox/wait-for-events", data=b"").close()


def inject(emulator: Emulator, event: Params) -> None:
    request = urllib.request.Request(f"{emulator.url}/sandbox/events", data=json.dumps(event).encode(), method="POST")
    urllib.request.urlopen(request).close()


if __name__ == "__main__":
    unittest.main()
