"""The facts about AWS Config's managed rules in the gate's tests, compared with moto's list."""

import gzip
import json
import re
import unittest
from pathlib import Path
from typing import Any

import moto.config

FACTS = Path(__file__).parents[3] / "pkg" / "gate" / "testdata" / "managed-rules.json"
LIST = Path(moto.config.__file__).parent / "resources" / "aws_managed_rules.json.gz"


class ManagedRulesTest(unittest.TestCase):
    def test_facts_equal_the_managed_rule_list(self) -> None:
        facts = json.loads(FACTS.read_text())
        listed = json.loads(gzip.decompress(LIST.read_bytes()))["ManagedRules"]
        self.assertGreater(len(listed), 800)
        self.assertTrue(facts)
        for identifier, fact in facts.items():
            with self.subTest(identifier):
                self.assertEqual(fact, describe_rule(listed[identifier]))


def describe_rule(rule: dict[str, Any]) -> dict[str, Any]:
    regions = re.sub(r"^All supported AWS regions( except )?|,? Region$", "", rule["AWS Region"])
    return {
        "periodic": rule["Trigger type"] == "Periodic",
        "types": parts(rule.get("Resource Types", "")),
        "parameters": sorted(parameter["Name"] for parameter in rule["Parameters"]),
        "absent": sorted(parts(regions)),
    }


def parts(text: str) -> list[str]:
    return [part for part in text.split(", ") if part]


if __name__ == "__main__":
    unittest.main()
