"""The clusters, services and load balancers that the sandbox creates before the first update."""

from typing import Any

from test_delivery import post
from test_emulator import ACCOUNT, REGION, Emulator, Params, ServiceTestCase

LOAD_BALANCER = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/app/web/0123456789abcdef"
LISTENERS = [f"{LOAD_BALANCER.replace(':loadbalancer/', ':listener/')}/{id_}" for id_ in ("a" * 16, "b" * 16)]


def service(name: str, *containers: str, role: str = "execution", **more: Any) -> Params:
    role = f"arn:aws:iam::{ACCOUNT}:role/{role}"
    return {
        "cluster": "web",
        "name": name,
        "containers": containers,
        "executionRole": role,
        "taskRole": "",
        "loadBalancers": [],
    } | more


class WorkloadTest(ServiceTestCase):
    emulator: Emulator

    @classmethod
    def setUpClass(cls) -> None:
        cls.emulator = Emulator()

    @classmethod
    def tearDownClass(cls) -> None:
        code, printed = cls.emulator.stop()
        assert (code, printed) == (0, ""), printed

    def seed(self, *services: Params) -> None:
        post(self.emulator, "workload", region=REGION, services=services)

    def described(self, name: str) -> tuple[Params, Params]:
        ecs = self.emulator.client("ecs")
        found = ecs.describe_services(cluster="web", services=[name])["services"][0]
        primary = [one for one in found.get("taskSets", []) if one["status"] == "PRIMARY"]
        arn = primary[0]["taskDefinition"] if primary else found["taskDefinition"]
        return found, ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]

    def test_a_rolling_service_gets_what_settings_add(self) -> None:
        self.seed(service("api", "api"))
        found, first = self.described("api")
        self.assertEqual(
            (found["status"], found["desiredCount"], found["deploymentController"]["type"]), ("ACTIVE", 1, "ECS")
        )
        self.assertEqual([one["name"] for one in first["containerDefinitions"]], ["api"])
        self.assertEqual(first["executionRoleArn"], f"arn:aws:iam::{ACCOUNT}:role/execution")
        self.assertNotIn("taskRoleArn", first)
        self.seed(service("api", "api"))
        self.assertEqual(self.described("api")[1]["revision"], first["revision"], "the same seed changes nothing")
        self.seed(service("api", "api", "log", role="other"))
        _, second = self.described("api")
        self.assertEqual([one["name"] for one in second["containerDefinitions"]], ["api", "log"])
        self.assertEqual(second["executionRoleArn"], f"arn:aws:iam::{ACCOUNT}:role/other")

    def test_a_blue_green_service_has_a_load_balancer(self) -> None:
        balanced = {"listeners": LISTENERS, "targetGroups": ["blue", "green"], "container": "site", "port": 80}
        self.seed(service("site", "site"))
        for _ in range(2):
            self.seed(service("site", "site", loadBalancers=[balanced]))
        found, definition = self.described("site")
        self.assertEqual(found["deploymentController"]["type"], "CODE_DEPLOY")
        self.assertEqual([one["name"] for one in definition["containerDefinitions"]], ["site"])
        elb = self.emulator.client("elbv2")
        groups = {one["TargetGroupName"]: one for one in elb.describe_target_groups()["TargetGroups"]}
        self.assertEqual(sorted(groups), ["blue", "green"])
        self.assertEqual(set(groups["blue"]["LoadBalancerArns"]), {LOAD_BALANCER})
        route = found["taskSets"][0]["loadBalancers"][0]
        self.assertEqual((route["targetGroupArn"], route["containerPort"]), (groups["blue"]["TargetGroupArn"], 80))
        self.assertEqual(
            [one["LoadBalancerArn"] for one in elb.describe_load_balancers()["LoadBalancers"]], [LOAD_BALANCER]
        )
        listed = elb.describe_listeners(LoadBalancerArn=LOAD_BALANCER)["Listeners"]
        self.assertEqual([one["ListenerArn"] for one in listed], LISTENERS)
