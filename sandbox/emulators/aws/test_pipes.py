"""EventBridge Pipes, which bring alerts to a chat: their settings. Pipes do not run."""

from typing import Any

from test_emulator import ACCOUNT, REGION, Emulator, Params, ServiceTestCase, trust

QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:queue"
CHAT = f"arn:aws:events:{REGION}:{ACCOUNT}:api-destination/chat/0"


class PipeTest(ServiceTestCase):
    emulator: Emulator
    pipes: Any
    role: str

    @classmethod
    def setUpClass(cls) -> None:
        cls.emulator = Emulator()
        cls.pipes, iam = cls.emulator.client("pipes"), cls.emulator.client("iam")
        for name in ("pipes", "events"):
            iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(f"{name}.amazonaws.com"))
        cls.role = f"arn:aws:iam::{ACCOUNT}:role/pipes"

    @classmethod
    def tearDownClass(cls) -> None:
        cls.emulator.stop()

    def create(self, name: str, **changes: Any) -> Params:
        template = {"InputTemplate": '{"text": <$.body.Message>}'}
        sent = {"Name": name, "Source": QUEUE, "Target": CHAT, "RoleArn": self.role, "TargetParameters": template}
        self.pipes.create_pipe(**(sent | changes))
        self.addCleanup(self.pipes.delete_pipe, Name=name)
        return sent | changes

    def test_pipe_returns_its_settings_and_queue_defaults(self) -> None:
        sent = self.create("chat", Description="Brings alerts", Tags={"k": "v"})
        for queue, window in (({}, 0), ({"BatchSize": 1}, 0), ({"MaximumBatchingWindowInSeconds": 5}, 5)):
            with self.subTest(queue=queue):
                changed = {"SourceParameters": {"SqsQueueParameters": queue}} if queue else {}
                self.pipes.update_pipe(Name="chat", RoleArn=self.role, **changed)
                found = self.pipes.describe_pipe(Name="chat")
                self.assertEqual({name: found[name] for name in sent}, sent)
                as_read = {"BatchSize": queue.get("BatchSize", 10), "MaximumBatchingWindowInSeconds": window}
                self.assertEqual(found["SourceParameters"], {"SqsQueueParameters": as_read})
                self.assertEqual((found["DesiredState"], found["CurrentState"]), ("RUNNING", "RUNNING"))
                self.assertNotIn("Enrichment", found)
        arn = found["Arn"]
        self.assertEqual(arn, f"arn:aws:pipes:{REGION}:{ACCOUNT}:pipe/chat")
        self.pipes.tag_resource(resourceArn=arn, tags={"l": "w"})
        self.pipes.untag_resource(resourceArn=arn, tagKeys=["k"])
        self.assertEqual(self.pipes.list_tags_for_resource(resourceArn=arn)["tags"], {"l": "w"})

    def test_pipe_update_keeps_other_members(self) -> None:
        sent = self.create("chat", Description="Brings alerts")
        other = CHAT + "1"
        self.pipes.update_pipe(Name="chat", RoleArn=self.role, Target=other)
        found = self.pipes.describe_pipe(Name="chat")
        self.assertEqual({name: found[name] for name in sent}, sent | {"Target": other})
        response = self.pipes.update_pipe(Name="chat", RoleArn=self.role, DesiredState="STOPPED")
        self.assertEqual(response["DesiredState"], "STOPPED")
        self.assertEqual(self.pipes.describe_pipe(Name="chat")["DesiredState"], "STOPPED")

    def test_pipe_that_aws_rejects_is_rejected(self) -> None:
        self.create("chat")
        self.assert_rejected("ConflictException", self.create, name="chat")
        for role in ("events", "nobody"):
            arn = f"arn:aws:iam::{ACCOUNT}:role/{role}"
            self.assert_rejected("ValidationException", self.create, name="other", RoleArn=arn)
            self.assert_rejected("ValidationException", self.pipes.update_pipe, Name="chat", RoleArn=arn)
        self.assert_rejected("ValidationException", self.create, name="no spaces")
        self.assertEqual([pipe["Name"] for pipe in self.pipes.list_pipes()["Pipes"]], ["chat"])

    def test_missing_pipe_is_not_found(self) -> None:
        self.create("chat")
        self.assert_rejected("NotFoundException", self.pipes.describe_pipe, Name="other")
        self.assert_rejected("NotFoundException", self.pipes.update_pipe, Name="other", RoleArn=self.role)
        self.assert_rejected("NotFoundException", self.pipes.delete_pipe, Name="other")
