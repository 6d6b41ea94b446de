"""What apps run on before the gate comes: clusters, services, and the load balancers that send them traffic."""

import os
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID
from moto.ec2.models import ec2_backends
from moto.ecs.models import EC2ContainerServiceBackend, Service, TaskSet, ecs_backends
from moto.elbv2.models import ELBv2Backend, FakeLoadBalancer, elbv2_backends

from .core import Params

# An image that no pipeline has made.
_IMAGE = "example.com/before:1"


def seed(region: str, services: list[Params]) -> None:
    """Makes what is missing. No call is made, so that no trail records one.

    A service has cluster, name, containers, executionRole, taskRole, and what is balanced: listeners,
    targetGroups, container and port. CodeDeploy deploys to one that is balanced.
    """
    account = os.environ.get("MOTO_ACCOUNT_ID", DEFAULT_ACCOUNT_ID)
    ecs: EC2ContainerServiceBackend = ecs_backends[account][region]
    for wanted in services:
        if wanted["cluster"] not in ecs.clusters:
            ecs.create_cluster(wanted["cluster"])
        groups = [_balance(account, region, one) for one in wanted["balanced"]]
        service = _service(ecs, wanted, groups)
        if service.status == "ACTIVE":
            _define(ecs, service, wanted)


def _service(ecs: EC2ContainerServiceBackend, wanted: Params, groups: list[str]) -> Service:
    """AWS keeps the deployment controller of a service: with another one it is another service."""
    controller = "CODE_DEPLOY" if wanted["balanced"] else "ECS"
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
        for group, one in zip(groups, wanted["balanced"], strict=True)
    ]
    made = ecs.create_service(
        cluster_str=wanted["cluster"],
        service_name=wanted["name"],
        desired_count=1,
        task_definition_str=definition.arn,
        load_balancers=balancers,
        deployment_controller={"type": controller},
    )
    if controller == "CODE_DEPLOY":
        first = TaskSet(
            made.name, made.cluster_name, definition.arn, ecs.account_id, ecs.region_name, load_balancers=balancers
        )
        first.status, first.service_arn, first.cluster_arn = "PRIMARY", made.arn, made.cluster_arn
        made.task_sets = [first]
    return made


def _define(ecs: EC2ContainerServiceBackend, service: Service, wanted: Params) -> None:
    """A service that lacks a container, or has other roles, gets another revision of its task definition."""
    primary = [one for one in service.task_sets if one.status == "PRIMARY"]
    now = ecs.describe_task_definition(primary[0].task_definition if primary else service.task_definition)
    missing = [name for name in wanted["containers"] if all(one["name"] != name for one in now.container_definitions)]
    roles = [
        (vars(now).get("execution_role_arn"), wanted["executionRole"]),
        (vars(now).get("task_role_arn"), wanted["taskRole"]),
    ]
    if not missing and all(not has or has == wants for has, wants in roles):
        return
    definition = ecs.register_task_definition(
        now.family,
        [*now.container_definitions, *({"name": name, "image": _IMAGE, "memory": 256, "essential": True} for name in missing)],
        execution_role_arn=wanted["executionRole"] or None,
        task_role_arn=wanted["taskRole"] or None,
    )
    service.task_definition = definition.arn
    for one in primary:
        one.task_definition = definition.arn


def _balance(account: str, region: str, wanted: Params) -> str:
    """Makes target groups and listeners, and returns the ARN of the group that gets the traffic."""
    elb: ELBv2Backend = elbv2_backends[account][region]
    balancer = _balancer(account, region, elb, wanted["listeners"][0])
    names = {group.name: group for group in elb.target_groups.values()}
    groups = [
        names.get(name)
        or elb.create_target_group(
            name, vpc_id=balancer.vpc_id, protocol="HTTP", port=str(wanted["port"]), target_type="ip"
        )
        for name in wanted["targetGroups"]
    ]
    for arn in wanted["listeners"]:
        balancer = _balancer(account, region, elb, arn)
        if arn not in balancer.listeners:
            made: Any = elb.create_listener(
                balancer.arn, "HTTP", str(8000 + len(balancer.listeners)), "", None, [{"Type": "forward", "TargetGroupArn": groups[0].arn}]
            )
            del balancer.listeners[made.arn]
            made.arn = made._default_rule[0].listener_arn = arn  # settings have chosen it
            balancer.listeners[arn] = made
    return str(groups[0].arn)


def _balancer(account: str, region: str, elb: ELBv2Backend, listener: str) -> FakeLoadBalancer:
    arn = listener.rpartition("/")[0].replace(":listener/", ":loadbalancer/")
    if arn not in elb.load_balancers:
        subnets = ec2_backends[account][region].describe_subnets()[:2]
        name = arn.split("/")[-2]
        elb.load_balancers[arn] = FakeLoadBalancer(
            name=name,
            security_groups=[],
            subnets=subnets,
            vpc_id=subnets[0].vpc_id,
            arn=arn,
            dns_name=f"{name}-1.{region}.elb.amazonaws.com",
            state="active",
            loadbalancer_type="application",
        )
    return elb.load_balancers[arn]
