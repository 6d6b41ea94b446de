"""EventBridge: valid rules, the messages of targets, and dead letters."""

import json
import unittest
import urllib.request
from typing import Any

from test_emulator import ACCOUNT, OTHER, REGION, Emulator, Params, ServiceTestCase, document, trust
from test_trail import wait_for_events

ELSEWHERE = "us-east-1"
PATTERN = '{"source": ["test"]}'
EVENT = {"Source": "test", "DetailType": "t", "Detail": json.dumps({"n": 1}), "Resources": ["r"]}

# Amazon EventBridge User Guide, Input transformation: a template and its result, for an
# event with these values at these paths.
VALUES = {"instance": "i-0123456789", "state": "RUNNING", "list": [1, "a"], "quote": 'say "hi"'}
TEMPLATES = {
    '"instance <instance> is in <state>"': '"instance i-0123456789 is in RUNNING"',
    '"instance \\"<instance>\\" is in <state>"': '"instance \\"i-0123456789\\" is in RUNNING"',
    '{"instance" : <instance>, "state": "<state>"}': '{"instance" : "i-0123456789", "state": "RUNNING"}',
    '{"state": [9, <state>, true], "fixed": "Yes"}': '{"state": [9, "RUNNING", true], "fixed": "Yes"}',
    '{"list": <list>, "text": "<list>"}': '{"list": [1, "a"], "text": "[1, "a"]"}',
    '{"name": <aws.events.rule-name>}': '{"name": "template"}',
    '"<aws.events.rule-arn>"': f'"arn:aws:events:{REGION}:{ACCOUNT}:rule/template"',
    '"<quote> is not escaped"': '"say "hi" is not escaped"',
    '"<missing>, <nobody>"': '", <nobody>"',
}


class EventsTest(ServiceTestCase):
    emulator: Emulator

    @classmethod
    def setUpClass(cls) -> None:
        cls.emulator = Emulator()
        cls.events, cls.sqs = cls.emulator.client("events"), cls.emulator.client("sqs")
        cls.role = cls.emulator.client("iam").create_role(
            RoleName="dispatcher", AssumeRolePolicyDocument=trust("events.amazonaws.com")
        )["Role"]["Arn"]

    events: Any
    sqs: Any
    role: str

    @classmethod
    def tearDownClass(cls) -> None:
        code, printed = cls.emulator.stop()
        assert (code, printed) == (0, ""), printed

    def queue(self, name: str, rule: str = "*", region: str = REGION) -> str:
        """Creates a queue that allows the rules to send, and returns its ARN."""
        arn = f"arn:aws:sqs:{region}:{ACCOUNT}:{name}"
        statement = allow_eventbridge("sqs:SendMessage", arn, f"arn:aws:events:{region}:{ACCOUNT}:rule/{rule}")
        policy = document(statement)
        self.emulator.client("sqs", region=region).create_queue(QueueName=name, Attributes={"Policy": policy})
        return arn

    def rule(self, name: str, *targets: Params, region: str = REGION, pattern: str = PATTERN) -> None:
        events = self.emulator.client("events", region=region)
        events.put_rule(Name=name, EventPattern=pattern)
        events.put_targets(Rule=name, Targets=[{"Id": str(n), **target} for n, target in enumerate(targets)])
        self.addCleanup(events.disable_rule, Name=name)

    def test_function_is_invoked_if_its_policy_allows(self) -> None:
        self.emulator.client("iam").create_role(RoleName="runs", AssumeRolePolicyDocument=trust("lambda.amazonaws.com"))
        functions = self.emulator.client("lambda")
        arn = functions.create_function(
            FunctionName="f",
            Runtime="provided.al2023",
            Handler="bootstrap",
            Role=f"arn:aws:iam::{ACCOUNT}:role/runs",
            Code={"ZipFile": b"x"},
        )["FunctionArn"]
        dead = self.queue("dead-invocations")
        target = {"Arn": arn, "Input": '{"rule": "r"}', "DeadLetterConfig": {"Arn": dead}}
        self.rule("gate-invokes", target)
        self.put()
        self.assertEqual(self.sandbox("invocations"), [])
        self.assertEqual(len(self.receive(dead)), 1)
        source = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/gate-*"
        functions.add_permission(
            FunctionName="f",
            StatementId="s",
            Action="lambda:InvokeFunction",
            Principal="events.amazonaws.com",
            SourceArn=source,
        )
        self.put()
        self.assertEqual(self.sandbox("invocations"), [{"function": arn, "event": '{"rule": "r"}'}])
        self.assertEqual(self.sandbox("invocations"), [])
        self.rule("other-invokes", target)
        self.put()
        self.assertEqual(len(self.sandbox("invocations")), 1)

    def test_topic_has_its_messages_and_its_data_protection_policy(self) -> None:
        sns = self.emulator.client("sns")
        topic = sns.create_topic(Name="told")["TopicArn"]
        self.assertEqual(sns.get_data_protection_policy(ResourceArn=topic).get("DataProtectionPolicy", ""), "")
        sns.put_data_protection_policy(ResourceArn=topic, DataProtectionPolicy='{"Name": "n"}')
        self.assertEqual(sns.get_data_protection_policy(ResourceArn=topic)["DataProtectionPolicy"], '{"Name": "n"}')
        sns.put_data_protection_policy(ResourceArn=topic, DataProtectionPolicy="")
        self.assertEqual(sns.get_data_protection_policy(ResourceArn=topic).get("DataProtectionPolicy", ""), "")
        sns.publish(TopicArn=topic, Subject="s", Message="m")
        [message] = [one for one in self.sandbox("messages") if one["Topic"] == topic]
        self.assertEqual((message["Subject"], message["Message"]), ("s", "m"))

    def sandbox(self, what: str) -> list[Params]:
        with urllib.request.urlopen(f"{self.emulator.url}/sandbox/{what}") as response:
            answer: list[Params] = json.load(response)
        return answer

    def put(self, **changes: Any) -> None:
        self.assertEqual(self.events.put_events(Entries=[EVENT | changes])["FailedEntryCount"], 0)
        wait_for_events(self.emulator)

    def receive(self, queue: str) -> list[Params]:
        """Receives the messages of a queue, by its ARN."""
        _, _, _, region, _, name = queue.split(":")
        url = f"{self.emulator.url}/{ACCOUNT}/{name}"
        response = self.emulator.client("sqs", region=region).receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        )
        messages: list[Params] = response.get("Messages", [])
        return messages

    def dead_letter_reason(self, letters: str) -> tuple[str, str]:
        """Returns the code and the message of the only dead letter."""
        (letter,) = self.receive(letters)
        self.assertEqual(json.loads(letter["Body"])["detail"], {"n": 1})
        attributes = {name: one["StringValue"] for name, one in letter["MessageAttributes"].items()}
        self.assertEqual(attributes.pop("RETRY_ATTEMPTS"), "0")
        self.assertIn(":rule/", attributes.pop("RULE_ARN"))
        self.assertTrue(attributes.pop("TARGET_ARN"))
        code, message = attributes.pop("ERROR_CODE"), attributes.pop("ERROR_MESSAGE")
        self.assertEqual(attributes, {})
        return code, message

    def test_event_reaches_its_targets_and_never_fails_the_caller(self) -> None:
        queue = self.queue("plain")
        self.events.put_rule(Name="scheduled", ScheduleExpression="rate(1 hour)")
        self.events.put_targets(Rule="scheduled", Targets=[{"Id": "1", "Arn": queue}])
        machine = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:none"
        self.rule(
            "to-all",
            {"Arn": queue},
            {"Arn": queue, "InputPath": "$.detail.n"},
            {"Arn": queue, "Input": "{}"},
            {"Arn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:none"},
            {"Arn": machine, "RoleArn": self.role, "DeadLetterConfig": {"Arn": queue}, "Input": "{}"},
            pattern='{"source": ["test"], "detail": {"n": [{"numeric": ["<", 2]}]}}',
        )
        self.put(Time=1767225600)
        self.put(Detail='{"n": 2}')
        whole, path, constant, letter = self.receive(queue)
        event = json.loads(whole["Body"])
        self.assertRegex(event.pop("id"), r"^[0-9a-f-]{36}$")
        self.assertEqual(
            event,
            {
                "version": "0",
                "detail-type": "t",
                "source": "test",
                "account": ACCOUNT,
                "time": "2026-01-01T00:00:00Z",
                "region": REGION,
                "resources": ["r"],
                "detail": {"n": 1},
            },
        )
        self.assertEqual((path["Body"], constant["Body"]), ("1", "{}"))
        self.assertEqual(letter["MessageAttributes"]["TARGET_ARN"]["StringValue"], machine)
        self.assertEqual(letter["MessageAttributes"]["ERROR_CODE"]["StringValue"], "NO_RESOURCE")

    def test_templates(self) -> None:
        queue = self.queue("templates")
        paths = {name: f"$.detail.{name}" for name in (*VALUES, "missing")}
        for template, wanted in TEMPLATES.items():
            with self.subTest(template):
                transformer = {"InputPathsMap": paths, "InputTemplate": template}
                self.rule("template", {"Arn": queue, "InputTransformer": transformer})
                self.put(Detail=json.dumps(VALUES))
                (message,) = self.receive(queue)
                self.assertEqual(message["Body"], wanted)

    def test_topic_receives_what_its_policy_and_key_allow(self) -> None:
        sns, kms = self.emulator.client("sns"), self.emulator.client("kms")
        behind = self.queue("behind")
        rule = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/alert"
        open_key = document(
            root(), allow_eventbridge("kms:GenerateDataKey*", "*"), allow_eventbridge("kms:Decrypt", "*")
        )
        keys = {
            "open": kms.create_key(Policy=open_key)["KeyMetadata"]["Arn"],
            "closed": kms.create_key(Policy=document(root()))["KeyMetadata"]["Arn"],
        }
        topic = f"arn:aws:sns:{REGION}:{ACCOUNT}:"
        deny = {"Effect": "Deny", "Principal": "*", "Action": "sns:Publish", "Resource": "*"}
        plain = {"Condition": {"Bool": {"aws:SecureTransport": "false"}}}
        for name, policy, key, code in (
            ("its-rule", document(allow_eventbridge("sns:Publish", "*", rule), deny | plain), "", None),
            ("its-rule-and-key", document(allow_eventbridge("sns:Publish", "*", rule)), keys["open"], None),
            ("another-rule", document(allow_eventbridge("sns:Publish", "*", rule + "s")), "", "NO_PERMISSIONS"),
            ("denied", document(allow_eventbridge("sns:Publish", "*", rule), deny), "", "NO_PERMISSIONS"),
            ("only-its-owner", None, "", "NO_PERMISSIONS"),
            ("key-of-another", document(allow_eventbridge("sns:Publish", "*", rule)), keys["closed"], "NO_PERMISSIONS"),
            ("key-of-aws", document(allow_eventbridge("sns:Publish", "*", rule)), "alias/aws/sns", "NO_PERMISSIONS"),
        ):
            with self.subTest(name):
                attributes = {"Policy": policy, "KmsMasterKeyId": key}
                sns.create_topic(Name=name, Attributes={n: one for n, one in attributes.items() if one})
                raw = {"RawMessageDelivery": "true"}
                sns.subscribe(TopicArn=topic + name, Protocol="sqs", Endpoint=behind, Attributes=raw)
                letters = self.queue(f"letters-of-{name}", "alert")
                self.rule("alert", {"Arn": topic + name, "DeadLetterConfig": {"Arn": letters}, "Input": name})
                self.put()
                self.assertEqual([message["Body"] for message in self.receive(behind)], [] if code else [name])
                if code:
                    self.assertEqual(self.dead_letter_reason(letters)[0], code)
                else:
                    self.assertEqual(self.receive(letters), [])

    def test_missing_target_has_a_dead_letter(self) -> None:
        sns, letters = self.emulator.client("sns"), self.queue("letters")
        topic = sns.create_topic(Name="gone")["TopicArn"]
        sns.delete_topic(TopicArn=topic)
        self.rule("gone", {"Arn": topic, "DeadLetterConfig": {"Arn": letters}})
        self.put()
        self.assertEqual(self.dead_letter_reason(letters), ("NO_RESOURCE", f"Topic does not exist: {topic}"))

    def test_queue_receives_nothing_without_permission(self) -> None:
        closed, letters = self.queue("closed", "another"), self.queue("closed-letters", "another")
        self.rule("shut", {"Arn": closed, "DeadLetterConfig": {"Arn": letters}})
        self.put()
        self.assertEqual((self.receive(closed), self.receive(letters)), ([], []))

    def test_bus_of_another_region_receives_the_event_unchanged(self) -> None:
        here, there = self.queue("here"), self.queue("there", region=ELSEWHERE)
        third = self.queue("third", region="us-west-2")
        self.rule("bring", {"Arn": here}, {"Arn": bus(ELSEWHERE), "RoleArn": self.role})
        self.rule("arrived", {"Arn": there}, {"Arn": bus("us-west-2"), "RoleArn": self.role}, region=ELSEWHERE)
        self.rule("too-far", {"Arn": third}, region="us-west-2")
        self.put()
        ((sent,), (got,)) = (self.receive(here), self.receive(there))
        self.assertEqual(json.loads(got["Body"]), json.loads(sent["Body"]))
        self.assertEqual(json.loads(got["Body"])["region"], REGION)
        self.assertEqual(self.receive(third), [])

    def test_missing_bus_has_a_dead_letter(self) -> None:
        letters = self.queue("bus-letters")
        none = bus(ELSEWHERE).replace("default", "none")
        self.rule("lost", {"Arn": none, "RoleArn": self.role, "DeadLetterConfig": {"Arn": letters}})
        self.put()
        self.assertEqual(self.dead_letter_reason(letters)[0], "NO_RESOURCE")

    def test_role_without_trust_has_a_dead_letter(self) -> None:
        iam, letters = self.emulator.client("iam"), self.queue("role-letters")
        role = iam.create_role(RoleName="fickle", AssumeRolePolicyDocument=trust("events.amazonaws.com"))["Role"]["Arn"]
        self.rule("fickle", {"Arn": bus(ELSEWHERE), "RoleArn": role, "DeadLetterConfig": {"Arn": letters}})
        iam.update_assume_role_policy(RoleName="fickle", PolicyDocument=trust("config.amazonaws.com"))
        self.put()
        self.assertEqual(self.dead_letter_reason(letters)[0], "NO_PERMISSIONS")

    def test_target_requires_an_assumable_role(self) -> None:
        self.events.put_rule(Name="roles", EventPattern=PATTERN)
        other = self.emulator.client("iam").create_role(
            RoleName="other", AssumeRolePolicyDocument=trust("config.amazonaws.com")
        )["Role"]["Arn"]
        machine = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:m"
        for arn in (bus(ELSEWHERE), machine, bus(REGION).replace(ACCOUNT, OTHER)):
            with self.subTest(arn):
                target = {"Id": "1", "Arn": arn}
                self.assert_rejected("ValidationException", self.events.put_targets, Rule="roles", Targets=[target])
                given = target | {"RoleArn": other}
                message = self.assert_rejected(
                    "ValidationException", self.events.put_targets, Rule="roles", Targets=[given]
                )
                self.assertIn("cannot be assumed by principal 'events.amazonaws.com'", message)
                self.events.put_targets(Rule="roles", Targets=[target | {"RoleArn": self.role}])
        self.events.disable_rule(Name="roles")

    def test_pattern_that_aws_rejects_is_rejected(self) -> None:
        wild = '{"source": [{"wildcard": "**"}]}'
        message = self.assert_rejected(
            "InvalidEventPatternException", self.events.put_rule, Name="bad", EventPattern=wild
        )
        self.assertEqual(message, "Event pattern is not valid. Reason: Consecutive wildcard characters at pos 1")
        self.assert_rejected("InvalidEventPatternException", self.events.put_rule, Name="bad", EventPattern="{}")
        long = json.dumps({"source": ["x" * 2048]})
        self.assert_rejected("LimitExceededException", self.events.put_rule, Name="bad", EventPattern=long)
        archive = {"ArchiveName": "a", "EventSourceArn": bus(REGION), "EventPattern": wild}
        self.assert_rejected("InvalidEventPatternException", self.events.create_archive, **archive)

    def test_put_events_rejects_aws_sources(self) -> None:
        queue = self.queue("theirs")
        self.rule("theirs", {"Arn": queue}, pattern='{"source": ["aws.guardduty", "mine"]}')
        response = self.events.put_events(Entries=[EVENT | {"Source": "aws.guardduty"}, EVENT | {"Source": "mine"}])
        self.assertEqual(response["FailedEntryCount"], 1)
        self.assertEqual(response["Entries"][0]["ErrorCode"], "NotAuthorizedForSourceException")
        wait_for_events(self.emulator)
        (message,) = self.receive(queue)
        self.assertEqual(json.loads(message["Body"])["source"], "mine")

    def test_pattern_matches_an_event(self) -> None:
        event = {"id": "1", "account": ACCOUNT, "source": "test", "time": "2026-01-01T00:00:00Z", "region": REGION}
        event |= {"resources": [], "detail-type": "t", "detail": {"resources": [{"ARN": "a"}, {"ARN": "b"}]}}
        for pattern, wanted in (('{"detail": {"resources": {"ARN": ["b"]}}}', True), ('{"detail": {"x": [1]}}', False)):
            response = self.events.test_event_pattern(EventPattern=pattern, Event=json.dumps(event))
            self.assertEqual(response["Result"], wanted)
        del event["source"]
        self.assert_rejected(
            "ValidationException", self.events.test_event_pattern, EventPattern=PATTERN, Event=json.dumps(event)
        )


def allow_eventbridge(action: str, resource: str, source: str | None = None) -> Params:
    """A statement that allows EventBridge an action, only for the rules of source if given."""
    principal = {"Service": "events.amazonaws.com"}
    statement = {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": resource}
    return statement | ({"Condition": {"ArnLike": {"aws:SourceArn": source}}} if source else {})


def bus(region: str) -> str:
    return f"arn:aws:events:{region}:{ACCOUNT}:event-bus/default"


def root() -> Params:
    return {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}


if __name__ == "__main__":
    unittest.main()
