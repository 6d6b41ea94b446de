"""Lists the IAM actions of services: the access level, and the types of resources with the form of their ARNs.

The arguments are the folder of iam-data and the prefixes of the services. An action that changes permissions or tags
writes.
"""

import json
import sys
from pathlib import Path


def main() -> None:
    folder = Path(sys.argv[1])
    services: list[str] = []
    for prefix in sys.argv[2:]:
        types = json.loads((folder / "resourceTypes" / f"{prefix}.json").read_text())
        actions = json.loads((folder / "actions" / f"{prefix}.json").read_text())
        lines = [f"  {json.dumps(one['key'])}: {json.dumps(one['arn'])}" for one in types.values()]
        text = f'{json.dumps(prefix)}: {{\n"resources": {{\n' + ",\n".join(lines) + '\n},\n"actions": {\n'
        lines = []
        for action in sorted(actions.values(), key=lambda one: str(one["name"])):
            access = "Write" if "Write" in action["accessLevel"] else "Read"
            values = [access, *(on["name"] for on in action["resourceTypes"])]
            lines.append(f"  {json.dumps(action['name'])}: {json.dumps(values)}")
        services.append(text + ",\n".join(lines) + "\n}}")
    print("{\n" + ",\n".join(services) + "\n}")


if __name__ == "__main__":
    main()
