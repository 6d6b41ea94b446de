"""The services of AWS where moto's own answers are not enough, one module a service."""

from . import codebuild, codepipeline, config, connections, core, ecr, guardduty, iam, kms, s3, stepfunctions

_MODULES = (core, codebuild, codepipeline, config, connections, ecr, guardduty, iam, kms, s3, stepfunctions)


def install() -> None:
    """Puts the services of this package in front of moto's, and repairs what stays moto's."""
    for module in _MODULES:
        module.install()
