"""Makes calls to AWS's API without an effect: the emulator only records their events.

Each line of the input is a call: {"service", "operation", "region", "names", "told"}. Its
parameters follow from the service's model: what it requires, and each member, at any depth,
that names has a value for. told is the changes to its CloudTrail record (REPORT_ONLY in the
emulator's server).
"""

import base64
import json
import sys
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.model import ListShape, MapShape, Shape, StructureShape

REPORT_ONLY = "X-Sandbox-Report-Only"


def value(shape: Shape, names: dict[str, Any], depth: int = 0) -> Any:
    match shape:
        case StructureShape():
            return members(shape, names, depth)
        case ListShape():
            return [value(shape.member, names, depth + 1)]
        case MapShape():
            return {"key": value(shape.value, names, depth + 1)}
    match shape.type_name:
        case "string":
            return (shape.metadata.get("enum") or ["x" * max(20, shape.metadata.get("min", 0))])[0]
        case "boolean":
            return True
        case "blob":
            return b"x"
        case "timestamp":
            return 0
    return shape.metadata.get("min", 1)


def members(shape: StructureShape, names: dict[str, Any], depth: int) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, member in shape.members.items():
        if name in names and member.type_name in ("string", "list"):
            made[name] = [element(names[name])] if member.type_name == "list" else names[name]
        elif (depth < 8 and name in shape.required_members) or below(member, names, depth):
            made[name] = value(member, names, depth + 1)
    return made


def element(named: str) -> Any:
    """One element of a list: a structure is in JSON."""
    return json.loads(named) if named.startswith("{") else named


def below(shape: Shape, names: dict[str, Any], depth: int) -> bool:
    """Whether a structure has a member that names has a value for: two levels are enough."""
    return (
        depth < 1
        and isinstance(shape, StructureShape)
        and any(name in names and member.type_name == "string" for name, member in shape.members.items())
    )


def main() -> None:
    session = botocore.session.get_session()
    session.set_credentials("sandbox", "sandbox")
    config = Config(
        parameter_validation=False,
        retries={"total_max_attempts": 1},
        s3={"addressing_style": "path"},
        inject_host_prefix=False,
    )
    clients: dict[tuple[str, str], Any] = {}
    for line in sys.stdin:
        call = json.loads(line)
        changes = base64.b64encode(json.dumps(call["told"]).encode()).decode()
        key = (call["service"], call["region"])
        client = clients.setdefault(
            key, session.create_client(call["service"], region_name=call["region"], config=config)
        )
        operation = client.meta.service_model.operation_model(call["operation"])
        parameters = members(operation.input_shape, call["names"], 0) if operation.input_shape else {}
        client.meta.events.register_last(
            "before-send",
            lambda request, changes=changes, **_: request.headers.__setitem__(REPORT_ONLY, changes),
            "told",
        )
        try:
            client._make_api_call(call["operation"], parameters)
        except Exception as error:  # the response does not matter
            if "Parameter validation" in str(error) or not hasattr(error, "response"):
                print(json.dumps({"call": call["operation"], "error": f"{type(error).__name__}: {error}"}), flush=True)
                continue
        finally:
            client.meta.events.unregister("before-send", unique_id="told")
        print(json.dumps({"call": call["operation"]}), flush=True)


main()
