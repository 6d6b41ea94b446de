"""The clusters, services and load balancers that an account has before the first update."""

import os
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID
from moto.ec2.models import ec2_backends
from moto.ecs.models import EC2ContainerServiceBackend, Service, TaskSet, ecs_backends
from moto.elbv2.models import ELBv2Backend, FakeLoadBalancer, elbv2_backends

from .core import Params

# The image of a service before its first deployment.
_IMAGE = "example.com/before:1"


def seed(region: str, services: list[Params]) -> None:
    """Creates the services that do not exist, without a call that a trail would record.

    A service has cluster, name, containers, executionRole, taskRole and loadBalancers, each with listeners,
    targetGroups, container and port. A service with load balancers has the deployment controller CODE_DEPLOY.
    """
    account = os.environ.get("MOTO_ACCOUNT_ID", DEFAULT_ACCOUNT_ID)
    ecs: EC2ContainerServiceBackend = ecs_backends[account][region]
    for wanted in services:
        if wanted["cluster"] not in ecs.clusters:
            ecs.create_cluster(wanted["cluster"])
        groups = [_load_balance(account, region, one) for one in wanted["loadBalancers"]]
        service = _service(ecs, wanted, groups)
        if service.status == "ACTIVE":
            _update_task_definition(ecs, service, wanted)


def _service(ecs: EC2ContainerServiceBackend, wanted: Params, groups: list[str]) -> Service:
    """AWS changes no deployment controller: a service that needs another one is created again."""
    controller = "CODE_DEPLOY" if wanted["loadBalancers"] else "ECS"
    service = ecs.services.get(f"{wanted['cluster']}:{wanted['name']}")
    if service is not None and (service.status != "ACTIVE" or service.deployment_controller["type"] == controller):
        return service
    definition = ecs.register_task_definition(
        wanted["name"],
        [{"name": name, "image": _IMAGE, "memory": 256, "essential": True} for name in wanted["containers"]],
        execution_role_arn=wanted["executionRole"] or None,
        task_role_arn=wanted["taskRole"] or None,
    )
    balancers = [
        {"targetGroupArn": group, "containerName": one["container"], "containerPort": one["port"]}
        for group, one in zip(groups, wanted["loadBalancers"], strict=True)
    ]
    made: Any = ecs.create_service(
        cluster_str=wanted["cluster"],
        service_name=wanted["name"],
        desired_count=1,
        task_definition_str=definition.arn,
        load_balancers=balancers,
        deployment_controller={"type": controller},
    )
    if controller == "CODE_DEPLOY":
        first: Any = TaskSet(
            made.name, made.cluster_name, definition.arn, ecs.account_id, ecs.region_name, load_balancers=balancers
        )
        first.status, first.service_arn, first.cluster_arn = "PRIMARY", made.arn, made.cluster_arn
        made.task_sets = [first]
    return made


def _update_task_definition(ecs: EC2ContainerServiceBackend, service: Service, wanted: Params) -> None:
    """A service without a container, or with other roles, gets another revision of its task definition."""
    primary = [one for one in service.task_sets if one.status == "PRIMARY"]
    now = ecs.describe_task_definition(str((primary or [service])[0].task_definition))
    missing = [name for name in wanted["containers"] if all(one["name"] != name for one in now.container_definitions)]
    roles = [
        (vars(now).get("execution_role_arn"), wanted["executionRole"]),
        (vars(now).get("task_role_arn"), wanted["taskRole"]),
    ]
    if not missing and all(not has or has == wants for has, wants in roles):
        return
    definition = ecs.register_task_definition(
        now.family,
        [
            *now.container_definitions,
            *({"name": name, "image": _IMAGE, "memory": 256, "essential": True} for name in missing),
        ],
        execution_role_arn=wanted["executionRole"] or None,
        task_role_arn=wanted["taskRole"] or None,
    )
    service.task_definition = definition.arn
    for one in primary:
        one.task_definition = definition.arn


def _load_balance(account: str, region: str, wanted: Params) -> str:
    """Creates target groups and listeners, and returns the ARN of the target group that gets the traffic."""
    elb: ELBv2Backend = elbv2_backends[account][region]
    balancer = _load_balancer(account, region, elb, wanted["listeners"][0])
    names = {group.name: group for group in elb.target_groups.values()}
    groups = [
        names.get(name)
        or elb.create_target_group(
            name, vpc_id=balancer.vpc_id, protocol="HTTP", port=str(wanted["port"]), target_type="ip"
        )
        for name in wanted["targetGroups"]
    ]
    for arn in wanted["listeners"]:
        balancer = _load_balancer(account, region, elb, arn)
        if arn not in balancer.listeners:
            made: Any = elb.create_listener(
                balancer.arn,
                "HTTP",
                str(8000 + len(balancer.listeners)),
                "",
                None,
                [{"Type": "forward", "TargetGroupArn": groups[0].arn}],
            )
            del balancer.listeners[made.arn]
            made.arn = made._default_rule[0].listener_arn = arn  # settings name the ARN
            balancer.listeners[arn] = made
    return str(groups[0].arn)


def _load_balancer(account: str, region: str, elb: ELBv2Backend, listener: str) -> FakeLoadBalancer:
    arn = listener.rpartition("/")[0].replace(":listener/", ":loadbalancer/")
    if arn not in elb.load_balancers:
        subnets = ec2_backends[account][region].describe_subnets()[:2]
        name = arn.split("/")[-2]
        made: Any = FakeLoadBalancer(
            name=name,
            security_groups=[],
            subnets=subnets,
            vpc_id=subnets[0].vpc_id,
            arn=arn,
            dns_name=f"{name}-1.{region}.elb.amazonaws.com",
            state="active",
            loadbalancer_type="application",
        )
        elb.load_balancers[arn] = made
    return elb.load_balancers[arn]
