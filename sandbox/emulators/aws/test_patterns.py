"""Event patterns and their verdicts.

Every verdict here is that of AWS's own library, event-ruler 2.0.1. Held against it over
100,000 patterns and events made at random, the two part only where it contradicts itself:
at names with a dot beside objects in an array, and at equals-ignore-case beside a wildcard.
"""

import json
import unittest
from typing import Any

from services import patterns
from services.matchers import Refused

Json = Any

# The subject, the pattern, the events that match, and those that do not.
VERDICTS: dict[str, tuple[Json, list[Json], list[Json]]] = {
    "a value is one of those in the list": ({"a": ["x", "y"]}, [{"a": "x"}, {"a": "y", "b": 1}], [{"a": "z"}, {}]),
    "null, booleans and numbers are no strings": (
        {"a": [None, True, 5]},
        [{"a": None}, {"a": True}, {"a": 5}, {"a": 5.0}],
        [{"a": "null"}, {"a": "true"}, {"a": "5"}, {"a": False}, {}],
    ),
    "a number that a double does not hold is compared as it is written": (
        '{"a": [9007199254740993]}',
        ['{"a": 9007199254740993}'],
        ['{"a": 9007199254740992}'],
    ),
    "an element of an array is enough": ({"a": ["x"]}, [{"a": ["w", "x"]}, {"a": [["x"]]}], [{"a": ["w"]}, {"a": []}]),
    "an object in an array is looked into": (
        {"resources": {"ARN": ["r"]}},
        [{"resources": [{"ARN": "q"}, {"ARN": "r"}]}, {"resources": {"ARN": "r"}}],
        [{"resources": [{"ARN": "q"}]}, {"resources": ["r"]}],
    ),
    "what is asked of objects in an array has to be of one of them": (
        {"a": {"x": [1], "y": [2]}},
        [{"a": [{"x": 1, "y": 2}, {"x": 3}]}, {"a": [{"x": 1}, {"x": 1, "y": [3, 2]}]}],
        [{"a": [{"x": 1}, {"y": 2}]}],
    ),
    "elements of two arrays go together": (
        {"a": {"x": [1]}, "b": {"y": [2]}},
        [{"a": [{"x": 1}], "b": [0, {"y": 2}]}],
        [{"a": [{"x": 1}], "b": [0, {"y": 3}]}],
    ),
    "plain values of one array go together": (
        {"$or": [{"a": ["x"], "b": ["x"]}, {"a": ["y"], "c": ["x"]}]},
        [{"a": ["y", "x"], "b": ["z", "x"]}],
        [{"a": ["x"], "c": "x"}],
    ),
    "what exists has a value, which may be null": (
        {"a": [{"exists": True}]},
        [{"a": None}, {"a": 0}, {"a": ["x"]}],
        [{}, {"a": {}}, {"a": []}, {"a": {"b": 1}}, {"a": [{"b": 1}]}],
    ),
    "what does not exist has none": (
        {"a": {"b": [{"exists": False}]}},
        [{}, {"a": 1}, {"a": {}}, {"a": {"b": {}}}, {"a": {"b": []}}, {"a": {"b": {"c": 1}}}],
        [{"a": {"b": None}}, {"a": [{"c": 1}, {"b": 1}]}],
    ),
    "of an array, the element that is asked for other things does not have it": (
        {"a": {"a": [1], "b": [{"exists": False}]}},
        [{"a": [{"a": 1}, {"b": 2}]}],
        [{"a": [{"a": 1, "b": 2}]}],
    ),
    "not to exist is one choice of many": (
        {"a": [{"exists": False}, "x", {"anything-but": ["y", "z"]}]},
        [{}, {"a": "x"}, {"a": "w"}, {"a": 1}],
        [{"a": "y"}, {"a": ["y", "z"]}],
    ),
    "prefix and suffix are of strings": (
        {"a": [{"prefix": "ab"}, {"suffix": "yz"}]},
        [{"a": "ab"}, {"a": "abc"}, {"a": "xyz"}],
        [{"a": "Abc"}, {"a": "zab"}, {"a": 5}],
    ),
    "an empty prefix is of any string": ({"a": [{"prefix": ""}]}, [{"a": ""}, {"a": "x"}], [{"a": 1}, {"a": None}]),
    "a wildcard stands for any text": (
        {"a": [{"wildcard": "arn:*:role/*"}]},
        [{"a": "arn:aws:iam::1:role/a/b"}, {"a": "arn::role/"}, {"a": "arn:\n:role/x"}],
        [{"a": "arn:role/"}, {"a": "xarn::role/"}],
    ),
    "an asterisk is written with a backslash, as is a backslash": (
        {"a": [{"wildcard": "a\\*b*"}, {"wildcard": "c\\\\d"}]},
        [{"a": "a*b"}, {"a": "a*bc"}, {"a": "c\\d"}],
        [{"a": "axb"}, {"a": "c\\\\d"}],
    ),
    "anything but a text is a number too": (
        {"a": [{"anything-but": "x"}]},
        [{"a": "y"}, {"a": 1}, {"a": None}, {"a": ["x", "y"]}],
        [{"a": "x"}, {}, {"a": []}, {"a": {"b": "y"}}],
    ),
    "anything but some numbers is a text too": (
        {"a": [{"anything-but": [1, 2]}]},
        [{"a": 3}, {"a": "1"}, {"a": True}],
        [{"a": 1}, {"a": 2.0}],
    ),
    "anything but prefixes, suffixes, wildcards or cases": (
        {
            "a": [{"anything-but": {"prefix": ["x", "y"]}}],
            "b": [{"anything-but": {"suffix": "z"}}],
            "c": [{"anything-but": {"wildcard": ["*/build/*", "*/pipeline/*"]}}],
            "d": [{"anything-but": {"equals-ignore-case": ["p", "q"]}}],
        },
        [{"a": "w", "b": "zy", "c": "role/build", "d": "r"}, {"a": 1, "b": 1, "c": 1, "d": 1}],
        [
            {"a": "xw", "b": "y", "c": "c", "d": "r"},
            {"a": "w", "b": "yz", "c": "c", "d": "r"},
            {"a": "w", "b": "y", "c": "role/build/b", "d": "r"},
            {"a": "w", "b": "y", "c": "c", "d": "P"},
        ],
    ),
    "a number lies between two": (
        {"a": [{"numeric": [">", 0, "<=", 5]}]},
        [{"a": 0.1}, {"a": 5}, {"a": [9, 1e0]}],
        [{"a": 0}, {"a": 5.1}, {"a": "3"}],
    ),
    "a number is another one": ({"a": [{"numeric": ["=", 301.8]}]}, ['{"a": 3.018e2}'], [{"a": 301}]),
    "the case of letters can be left aside": (
        {
            "a": [
                {"equals-ignore-case": "straße"},
                {"prefix": {"equals-ignore-case": "AB"}},
                {"suffix": {"equals-ignore-case": "é"}},
            ]
        },
        [{"a": "STRAßE"}, {"a": "STRASSE"}, {"a": "aBc"}, {"a": "caf\u00c9"}],
        [{"a": "strasze"}, {"a": "cab"}],
    ),
    "an address is compared as one": (
        {"a": ["10.0.0.1", {"cidr": "192.168.0.0/24"}]},
        [{"a": "10.0.0.1"}, {"a": "192.168.0.255"}],
        [{"a": "10.0.0.2"}, {"a": "192.168.1.0"}, {"a": "x"}],
    ),
    "one of $or has to match, at any depth": (
        {"s": [1], "d": {"$or": [{"x": [1]}, {"y": [2], "$or": [{"z": [3]}, {"w": [4]}]}]}},
        [{"s": 1, "d": {"x": 1}}, {"s": 1, "d": {"y": 2, "w": 4}}],
        [{"s": 1, "d": {"y": 2}}, {"s": 2, "d": {"x": 1}}, {"s": 1, "d": {"z": 3}}],
    ),
    "an alternative that has something in common with another in every field is not seen": (
        {"$or": [{"n": ["a"], "m": [1]}, {"n": ["a", "b"], "m": [1.0]}, {"n": ["c"], "m": [1]}]},
        [{"n": "a", "m": 1}, {"n": "c", "m": 1}],
        [{"n": "b", "m": 1}],
    ),
    "an alternative that differs from another in one field is seen": (
        {"$or": [{"n": ["a"], "m": [1]}, {"n": ["a", "b"], "m": [2]}]},
        [{"n": "a", "m": 1}, {"n": "b", "m": 2}],
        [{"n": "b", "m": 1}],
    ),
    "a name with a dot is a path": ({"a.b": [1]}, [{"a": {"b": 1}}, {"a.b": 1}], [{"a": {"c": 1}}]),
    "of two fields of one name the last counts": ('{"a": [1], "a": [2]}', [{"a": 2}], [{"a": 1}]),
}

REFUSED: dict[str, tuple[Json, str]] = {
    "not JSON": ('{"a": [1]', "delimiter"),
    "no object": ([1], "Filter is not an object"),
    "an empty object": ({"a": {}}, "Empty objects are not allowed"),
    "nothing at all": ({}, "Empty objects are not allowed"),
    "an empty array": ({"a": []}, "Empty arrays are not allowed"),
    "a plain value": ({"a": "x"}, '"a" must be an object or an array'),
    "an array in an array": ({"a": [["x"]]}, "Match value must be String, number, true, false, or null"),
    "a matcher that nobody knows": ({"a": [{"regex": ".*"}]}, "Unrecognized match type regex"),
    "two matchers in one": ({"a": [{"prefix": "x", "suffix": "y"}]}, "Only one key allowed in match expression"),
    "two wildcards in a row": ({"a": [{"wildcard": "a**"}]}, "Consecutive wildcard characters at pos 2"),
    "a backslash before a letter": ({"a": [{"wildcard": "a\\b"}]}, "Invalid escape character at pos 2"),
    "a prefix that is a number": ({"a": [{"prefix": 1}]}, "prefix match pattern must be a string"),
    "a list of prefixes": ({"a": [{"prefix": ["x"]}]}, "prefix match pattern must be a string"),
    "anything but an empty prefix": ({"a": [{"anything-but": {"prefix": ""}}]}, "Null prefix/suffix not allowed"),
    "anything but a text and a number": ({"a": [{"anything-but": ["x", 1]}]}, "mixed type is not supported"),
    "anything but null": ({"a": [{"anything-but": [None]}]}, "start|null|boolean is not supported"),
    "anything but existing": ({"a": [{"anything-but": {"exists": True}}]}, "Unsupported anything-but pattern: exists"),
    "existence that is no boolean": ({"a": [{"exists": "true"}]}, "exists match pattern must be either true or false."),
    "a range that is none": ({"a": [{"numeric": [">", 5, "<", 1]}]}, "Bottom must be less than top"),
    "a range of texts": ({"a": [{"numeric": ["=", "1"]}]}, "numeric"),
    "one alternative": ({"$or": [{"a": [1]}]}, "There must have at least 2 Objects in $or relationship."),
    "alternatives that are no objects": ({"$or": [{"a": [1]}, 1]}, "Only JSON object is allowed"),
    "a matcher's name as a field of an alternative": (
        {"$or": [{"prefix": ["x"]}, {"a": [1]}]},
        "prefix is Ruler reserved fieldName",
    ),
}


def text(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value)


class PatternTest(unittest.TestCase):
    def test_verdicts(self) -> None:
        for about, (pattern, matching, others) in VERDICTS.items():
            compiled = patterns.compiled(text(pattern))
            for wanted, events in ((True, matching), (False, others)):
                for event in events:
                    with self.subTest(about, event=event):
                        self.assertEqual(patterns.matches(compiled, patterns.fields(text(event))), wanted)

    def test_what_aws_refuses(self) -> None:
        for about, (pattern, reason) in REFUSED.items():
            with self.subTest(about), self.assertRaises(Refused) as caught:
                patterns.compiled(text(pattern))
            self.assertIn(reason, str(caught.exception))

    def test_more_than_a_thousand_combinations(self) -> None:
        """Amazon EventBridge User Guide, Complex example with $or matching; the library itself has no such limit."""
        choice = {"$or": [{"a": [1]}, {"b": [1]}]}
        patterns.compiled(json.dumps({str(n): choice for n in range(9)}))
        with self.assertRaises(Refused):
            patterns.compiled(json.dumps({str(n): choice for n in range(10)}))


if __name__ == "__main__":
    unittest.main()
