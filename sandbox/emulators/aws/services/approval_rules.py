"""CodeCommit's approval rules: their grammar, the branches they apply to, and the approvals that count."""

import hashlib
import json
import re
from collections.abc import Iterable
from typing import Any

from .core import Error

_MEMBERS = ("arn:", "CodeCommitApprovers:")


def hash_rule(content: str) -> str:
    """Returns the hash of the content; raises AWS's error if the content is not an approval rule."""
    if not _is_rule(content):
        raise Error(
            "InvalidApprovalRuleTemplateContentException", "The content of the approval rule template is not valid"
        )
    return hashlib.sha256(content.encode()).hexdigest()


def applies_to(content: str, reference: str) -> bool:
    """Whether a rule applies to a branch. A rule without branches applies to all."""
    return reference in json.loads(content).get("DestinationReferences", [reference])


def is_satisfied(content: str, approvers: Iterable[str]) -> bool:
    """Whether enough members of every pool approved. Without a pool, every approver counts."""
    return all(
        sum(
            "ApprovalPoolMembers" not in statement
            or any(_is_member(arn, member) for member in statement["ApprovalPoolMembers"])
            for arn in approvers
        )
        >= statement["NumberOfApprovalsNeeded"]
        for statement in json.loads(content)["Statements"]
    )


def _is_member(arn: str, member: str) -> bool:
    """Whether an ARN matches a pool member: an ARN, or an account and user name, both with wildcards."""
    if member.startswith("CodeCommitApprovers:"):
        _, account, member = member.split(":", 2)
        _, _, _, _, owner, resource = arn.split(":", 5)
        if owner != account:
            return False
        arn = resource.partition("/")[2]
    return re.fullmatch(".*".join(map(re.escape, member.split("*"))), arn) is not None


def _is_rule(content: str) -> bool:
    try:
        document = json.loads(content)
    except ValueError:
        return False
    if not isinstance(document, dict) or document.keys() - {"Version", "DestinationReferences", "Statements"}:
        return False
    references, statements = document.get("DestinationReferences", ["refs/heads/x"]), document.get("Statements")
    return (
        document.get("Version") == "2018-11-08"
        and _are_texts(references, ("refs/heads/",))
        and isinstance(statements, list)
        and bool(statements)
        and all(_is_statement(one) for one in statements)
    )


def _is_statement(one: Any) -> bool:
    return (
        isinstance(one, dict)
        and not one.keys() - {"Type", "NumberOfApprovalsNeeded", "ApprovalPoolMembers"}
        and one.get("Type") == "Approvers"
        and type(one.get("NumberOfApprovalsNeeded")) is int
        and one["NumberOfApprovalsNeeded"] > 0
        and _are_texts(one.get("ApprovalPoolMembers", list(_MEMBERS)), _MEMBERS)
    )


def _are_texts(value: Any, beginnings: tuple[str, ...]) -> bool:
    if not isinstance(value, list) or not value:
        return False
    return all(isinstance(one, str) and one.startswith(beginnings) for one in value)
