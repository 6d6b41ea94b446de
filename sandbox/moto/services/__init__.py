"""The services of AWS where moto's own answers are not enough, one module a service."""

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
    events,
    guardduty,
    iam,
    kms,
    notifications,
    organizations,
    s3,
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
    events,
    guardduty,
    iam,
    kms,
    notifications,
    organizations,
    s3,
    securityhub,
    signer,
    sqs,
    stepfunctions,
)


def install() -> None:
    """Puts the services of this package in front of moto's, and repairs what stays moto's."""
    for module in _MODULES:
        module.install()
