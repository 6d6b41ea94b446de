"""Says which rules of EventBridge an event is for, by the emulator's own matcher.

The first line of the input is the rules, {"name", "pattern", "all"}, where all is whether a
rule hears of read-only calls; each line after it is an event. A line of the output is the
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
    hears = delivery.hears(event["detail"]["eventName"])
    print(json.dumps([name for name, pattern, all in compiled if (all or hears) and patterns.matches(pattern, fields)]))
