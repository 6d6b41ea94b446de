"""Step Functions as its users see it: the validation of definitions, and executions that call services."""

import json
import tempfile
import time
import unittest
import urllib.request
from collections.abc import Callable
from typing import Any

from test_emulator import ACCOUNT, Emulator, Params, ServiceTestCase, trust

STATES = "states.amazonaws.com"


def machine(*states: tuple[str, Params], **more: Any) -> str:
    """A machine of consecutive states; the last one ends, unless a state has its own transition."""
    names = [name for name, _ in states] + [None]
    linked = {}
    for (name, state), following in zip(states, names[1:], strict=True):
        goes = {"Next", "End", "Choices"} & state.keys() or state["Type"] in ("Succeed", "Fail")
        linked[name] = state if goes else state | ({"Next": following} if following else {"End": True})
    return json.dumps({"StartAt": names[0], "States": linked} | more)


def task(call: str, **fields: Any) -> Params:
    return {"Type": "Task", "Resource": f"arn:aws:states:::{call}"} | fields


class StepFunctionsTest(ServiceTestCase):
    emulator: Emulator
    client: Callable[..., Any]
    role: str

    @classmethod
    def setUpClass(cls) -> None:
        cls.emulator = Emulator()
        cls.client = cls.emulator.client
        iam = cls.client("iam")
        cls.role = iam.create_role(RoleName="machine", AssumeRolePolicyDocument=trust(STATES))["Role"]["Arn"]

    @classmethod
    def tearDownClass(cls) -> None:
        cls.emulator.stop()

    def create(self, definition: str) -> str:
        name = f"machine-{time.monotonic_ns()}"
        made = self.client("stepfunctions").create_state_machine(name=name, definition=definition, roleArn=self.role)
        return str(made["stateMachineArn"])

    def wait_for_end(self, execution: str) -> Params:
        for _ in range(100):
            described: Params = self.client("stepfunctions").describe_execution(executionArn=execution)
            if described["status"] != "RUNNING":
                return described
            time.sleep(0.1)
        raise AssertionError(f"{execution} does not end")

    def run_once(self, definition: str, given: Any = None) -> Params:
        started = self.client("stepfunctions").start_execution(
            stateMachineArn=self.create(definition), input=json.dumps({} if given is None else given)
        )
        return self.wait_for_end(started["executionArn"])

    def output(self, definition: str, given: Any = None) -> Any:
        ended = self.run_once(definition, given)
        self.assertEqual(ended["status"], "SUCCEEDED", ended)
        return json.loads(ended["output"])

    def test_definition_is_validated(self) -> None:
        passes = {"Type": "Pass"}
        put = {"PolicyName": "p", "RoleName": "r", "PolicyDocument": "{}"}
        every = {"ErrorEquals": ["States.ALL"], "Next": "B"}
        some = {"ErrorEquals": ["States.Timeout"], "Next": "B"}
        inner = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
        for name, code, definition in (
            ("no JSON", "INVALID_JSON_DESCRIPTION", "{"),
            ("a transition into nothing", "MISSING_TRANSITION_TARGET", machine(("A", passes | {"Next": "C"}))),
            (
                "a state that nothing leads to",
                "MISSING_TRANSITION_TARGET",
                machine(("A", passes | {"End": True}), ("B", passes)),
            ),
            ("a name twice", "DUPLICATE_STATE_NAME", machine(("A", {"Type": "Map", "ItemProcessor": inner}))),
            ("no grammar", "SCHEMA_VALIDATION_FAILED", machine(("A", {"Type": "Jump"}))),
            (
                "a function that does not exist",
                "SCHEMA_VALIDATION_FAILED",
                machine(("A", passes | {"Parameters": {"a.$": "States.Join('a')"}})),
            ),
            ("a call that does not exist", "SCHEMA_VALIDATION_FAILED", machine(("A", task("aws-sdk:iam:putPolicy")))),
            (
                "a parameter in the service's case",
                "SCHEMA_VALIDATION_FAILED",
                machine(
                    (
                        "A",
                        task(
                            "aws-sdk:codepipeline:listPipelineExecutions",
                            Parameters={"PipelineName": "p", "maxResults": 1},
                        ),
                    )
                ),
            ),
            (
                "a parameter that is missing",
                "SCHEMA_VALIDATION_FAILED",
                machine(("A", task("aws-sdk:iam:putRolePolicy", Parameters={"RoleName": "r"}))),
            ),
            (
                "States.ALL before others",
                "SCHEMA_VALIDATION_FAILED",
                machine(("A", task("aws-sdk:iam:putRolePolicy", Parameters=put, Catch=[every, some])), ("B", passes)),
            ),
        ):
            with self.subTest(name):
                response = self.client("stepfunctions").validate_state_machine_definition(definition=definition)
                self.assertEqual((response["result"], response["diagnostics"][0]["code"]), ("FAIL", code))
                create = self.client("stepfunctions").create_state_machine
                self.assert_rejected(
                    "InvalidDefinition", create, name="wrong", definition=definition, roleArn=self.role
                )
        right = machine(("A", task("aws-sdk:iam:putRolePolicy", Parameters=put, Catch=[some, every])), ("B", passes))
        response = self.client("stepfunctions").validate_state_machine_definition(definition=right)
        self.assertEqual((response["result"], response["diagnostics"]), ("OK", []))
        arn = self.create(right)
        update = self.client("stepfunctions").update_state_machine
        self.assert_rejected(
            "InvalidDefinition", update, stateMachineArn=arn, definition=machine(("A", {"Type": "Jump"}))
        )

    def test_machine_requires_a_role_that_trusts_it(self) -> None:
        iam = self.client("iam")
        other = iam.create_role(RoleName="other", AssumeRolePolicyDocument=trust("lambda.amazonaws.com"))["Role"]["Arn"]
        definition = machine(("A", {"Type": "Pass"}))
        create = self.client("stepfunctions").create_state_machine
        self.assert_rejected("AccessDeniedException", create, name="m", definition=definition, roleArn=other)
        self.assert_rejected(
            "AccessDeniedException", create, name="m", definition=definition, roleArn=f"{other}-not-there"
        )

    def test_calls_use_the_role_of_the_machine(self) -> None:
        who = machine(("A", task("aws-sdk:sts:getCallerIdentity", ResultSelector={"arn.$": "$.Arn"})))
        self.assertEqual(self.output(who), {"arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/machine/states"})
        arn = self.create(who)
        self.client("iam").update_assume_role_policy(RoleName="machine", PolicyDocument=trust("lambda.amazonaws.com"))
        try:
            started = self.client("stepfunctions").start_execution(stateMachineArn=arn)
            ended = self.wait_for_end(started["executionArn"])
        finally:
            self.client("iam").update_assume_role_policy(RoleName="machine", PolicyDocument=trust(STATES))
        self.assertEqual((ended["status"], ended["error"]), ("FAILED", "Sts.StsException"))
        self.assertIn("is not authorized to perform: sts:AssumeRole", ended["cause"])

    def test_members_are_in_pascal_case_and_errors_have_the_names_of_the_java_sdk(self) -> None:
        self.client("codecommit").create_repository(repositoryName="app")
        got = machine(("A", task("aws-sdk:codecommit:getRepository", Parameters={"RepositoryName": "app"})))
        metadata = self.output(got)["RepositoryMetadata"]
        self.assertEqual((metadata["RepositoryName"], metadata["CreationDate"][-1]), ("app", "Z"))
        for call, parameters, error in (
            ("iam:getRole", {"RoleName": "nobody"}, "Iam.NoSuchEntityException"),
            ("codecommit:getRepository", {"RepositoryName": "nothing"}, "CodeCommit.RepositoryDoesNotExistException"),
        ):
            caught = [{"ErrorEquals": [error], "ResultPath": "$.caught", "Next": "B"}]
            states = (("A", task(f"aws-sdk:{call}", Parameters=parameters, Catch=caught)), ("B", {"Type": "Pass"}))
            self.assertEqual(self.output(machine(*states))["caught"]["Error"], error)

    def test_path_to_several_values_is_a_list(self) -> None:
        given = {
            "one": [{"a": 1, "b": "x"}],
            "two": [{"a": 1}, {"a": 2}],
            "none": [],
            "deep": {"x": {"did": 1}, "y": [{"did": 2}]},
        }
        for path, value in (
            ("$.one[*].a", [1]),
            ("$.two[*].a", [1, 2]),
            ("$.none[*].a", []),
            ("$.one[?(@.b == 'x')].a", [1]),
            ("$.one[?(@.b == 'y')].a", []),
            ("$.deep..did", [1, 2]),
            ("$.deep..none", []),
            ("$.one[0].a", 1),
            ("$['two'][1].a", 2),
        ):
            with self.subTest(path):
                asked = machine(("A", {"Type": "Pass", "Parameters": {"found.$": path}}))
                self.assertEqual(self.output(asked, given), {"found": value})
        ended = self.run_once(machine(("A", {"Type": "Pass", "Parameters": {"found.$": "$.three"}})), given)
        self.assertEqual((ended["status"], ended["error"]), ("FAILED", "States.Runtime"))

    def test_choice_on_a_missing_value_allows_only_is_present(self) -> None:
        there, text = {"Variable": "$.a", "IsPresent": True}, {"Variable": "$.a", "IsString": True}
        for rule, given, ended in (
            (there, {}, "SUCCEEDED"),
            (text, {}, "FAILED"),
            (text, {"a": 1}, "SUCCEEDED"),
            ({"And": [there, text]}, {}, "SUCCEEDED"),
            ({"And": [text, there]}, {}, "FAILED"),
        ):
            with self.subTest(rule=rule, given=given):
                choice = {"Type": "Choice", "Choices": [rule | {"Next": "B"}], "Default": "B"}
                got = self.run_once(machine(("A", choice), ("B", {"Type": "Succeed"})), given)
                self.assertEqual(
                    (got["status"], got.get("error")), (ended, "States.Runtime" if ended == "FAILED" else None)
                )

    def test_times_are_in_milliseconds_of_utc(self) -> None:
        asked = machine(
            ("A", {"Type": "Pass", "Parameters": {"at.$": "$$.State.EnteredTime", "from.$": "$$.Execution.StartTime"}})
        )
        for moment in self.output(asked).values():
            self.assertRegex(moment, r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")

    def test_execution_name_is_unique(self) -> None:
        client = self.client("stepfunctions")
        arn = self.create(machine(("A", {"Type": "Pass"}), ("B", {"Type": "Fail", "Error": "E", "Cause": "because"})))
        started = client.start_execution(stateMachineArn=arn, name="once", input='{"a": 1}')["executionArn"]
        self.assertEqual(started, arn.replace(":stateMachine:", ":execution:") + ":once")
        ended = self.wait_for_end(started)
        self.assertEqual((ended["status"], ended["error"], ended["cause"]), ("FAILED", "E", "because"))
        self.assertEqual(ended["input"], '{"a": 1}')
        kinds = [event["type"] for event in client.get_execution_history(executionArn=started)["events"]]
        self.assertEqual(kinds[0::5], ["ExecutionStarted", "ExecutionFailed"][: len(kinds[0::5])], kinds)
        self.assert_rejected(
            "ExecutionAlreadyExists", client.start_execution, stateMachineArn=arn, name="once", input="{}"
        )
        self.assertEqual([e["status"] for e in client.list_executions(stateMachineArn=arn)["executions"]], ["FAILED"])

    def test_rule_starts_a_machine_with_the_event(self) -> None:
        arn, events = self.create(machine(("A", {"Type": "Pass"}))), self.client("events")
        events.put_rule(Name="starts", EventPattern='{"source": ["machines"]}')
        iam = self.client("iam")
        role = iam.create_role(RoleName="starter", AssumeRolePolicyDocument=trust("events.amazonaws.com"))["Role"][
            "Arn"
        ]
        events.put_targets(Rule="starts", Targets=[{"Id": "1", "Arn": arn, "RoleArn": role}])
        events.put_events(Entries=[{"Source": "machines", "DetailType": "t", "Detail": '{"n": 1}'}])
        urllib.request.urlopen(f"{self.emulator.url}/sandbox/wait-for-events", data=b"").close()
        [execution] = self.client("stepfunctions").list_executions(stateMachineArn=arn)["executions"]
        event = json.loads(self.wait_for_end(execution["executionArn"])["output"])
        self.assertEqual((event["source"], event["detail"]), ("machines", {"n": 1}))

    def test_running_execution_ends_with_the_emulator(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            state = f"{folder}/state"
            with Emulator("--state", state, "--grace", "1") as first:
                role = first.client("iam").create_role(RoleName="m", AssumeRolePolicyDocument=trust(STATES))["Role"][
                    "Arn"
                ]
                definition = machine(("A", {"Type": "Wait", "Seconds": 60}))
                client = first.client("stepfunctions")
                arn = client.create_state_machine(name="m", definition=definition, roleArn=role)["stateMachineArn"]
                execution = client.start_execution(stateMachineArn=arn)["executionArn"]
            with Emulator("--state", state, "--grace", "1") as second:
                client = second.client("stepfunctions")
                self.assertEqual(client.describe_execution(executionArn=execution)["status"], "ABORTED")
                self.assertTrue(client.get_execution_history(executionArn=execution)["events"])
                client.start_execution(stateMachineArn=arn)


if __name__ == "__main__":
    unittest.main()
