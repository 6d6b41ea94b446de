"""The AWS services that moto lacks or emulates incompletely, one module a service."""

from . import (
    accessanalyzer,
    budgets,
    cloudtrail,
    cloudwatch,
    codebuild,
    codecommit,
    codedeploy,
    codepipeline,
    config,
    connections,
    core,
    ecr,
    ecs,
    events,
    functions,
    guardduty,
    iam,
    kms,
    logs,
    notifications,
    organizations,
    pipes,
    s3,
    secretsmanager,
    securityhub,
    signer,
    sqs,
    stepfunctions,
)

_MODULES = (
    core,
    accessanalyzer,
    budgets,
    cloudtrail,
    cloudwatch,
    codebuild,
    codecommit,
    codedeploy,
    codepipeline,
    config,
    connections,
    ecr,
    ecs,
    events,
    functions,
    guardduty,
    iam,
    kms,
    logs,
    notifications,
    organizations,
    pipes,
    s3,
    secretsmanager,
    securityhub,
    signer,
    sqs,
    stepfunctions,
)


def install() -> None:
    """Puts the services of this package in front of moto's, and patches those that stay moto's."""
    for module in _MODULES:
        module.install()
