"""Lists the write operations of services, and the members of their requests that can name a resource.

The arguments are the folder of iam-data's actions and the services, each as IAM's prefix and the
model's name joined by =. A write operation is one whose IAM action writes or changes permissions;
an operation without an action of its name writes unless its name says that it reads. Members are
named as CloudTrail writes them, and of a service that CloudTrail names otherwise by its own name.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

import botocore.session
from botocore.model import Shape, StructureShape

READS = re.compile(r"(Describe|Get|List|Head|BatchGet|BatchCheck|Lookup|Search|Select|Simulate|Validate|Test|Check).*")
NAMES = re.compile(
    r"(?i).*(name|arn|id|url|alias|identifier|role|cluster|service|bucket|pipeline|project|repository|key|rule|topic"
    r"|queue|path|secret|profile|target|host|listener)s?"
)
DEEPEST = 3


def cased(name: str) -> str:
    return name.lower() if name.isupper() else name[0].lower() + name[1:]


def named(shape: StructureShape, above: str, depth: int) -> list[str]:
    found: list[str] = []
    for name, member in shape.members.items():
        path, inner = above + cased(name), member
        while inner.type_name == "list":
            inner = inner.member
        if isinstance(inner, StructureShape):
            if depth < DEEPEST:
                found += named(inner, path + ".", depth + 1)
        elif is_name(inner) and NAMES.fullmatch(name):
            found.append(path)
    return found


def is_name(shape: Shape) -> bool:
    return shape.type_name == "string" and not shape.metadata.get("enum")


def writes(operation: str, actions: dict[str, Any]) -> bool:
    action = actions.get(operation.lower())
    return "Write" in action["accessLevel"] if action else not READS.fullmatch(operation)


def main() -> None:
    folder, session = Path(sys.argv[1]), botocore.session.get_session()
    lines: list[str] = []
    for argument in sys.argv[2:]:
        prefix, model = argument.split("=")
        actions = json.loads((folder / f"{prefix}.json").read_text())
        service = session.get_service_model(model)
        operations: list[str] = []
        for name in sorted(service.operation_names):
            if not writes(name, actions):
                continue
            shape = service.operation_model(name).input_shape
            members = sorted(set(named(shape, "", 1))) if shape else []
            operations.append(f"{json.dumps(name)}: {json.dumps(members)}")
        lines.append(f"{json.dumps(prefix)}: {{\n  " + ",\n  ".join(operations) + "\n}")
    print("{\n" + ",\n".join(lines) + "\n}")


main()
