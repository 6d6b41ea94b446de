"""Prints the EventBridge rules that match each event, by the emulator's matcher.

The first line of the input is the rules, {"name", "pattern", "all"}, where all is whether a
rule receives read-only calls; each line after it is an event. A line of the output is the
names of an event's rules.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "emulators" / "aws"))

from services import delivery, patterns

rules = json.loads(sys.stdin.readline())
compiled = [(rule["name"], patterns.compiled(rule["pattern"]), rule["all"]) for rule in rules]
for line in sys.stdin:
    event = json.loads(line)
    fields = patterns.fields(json.dumps(event))
    to_all = delivery.is_sent_to_all_rules(event["detail"]["eventName"])
    print(
        json.dumps([name for name, pattern, all in compiled if (all or to_all) and patterns.matches(pattern, fields)])
    )
