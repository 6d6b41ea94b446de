"""Git's objects with git's own ids: files, trees, commits and merges."""

import hashlib
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property

_MODES = {"NORMAL": "100644", "EXECUTABLE": "100755", "SYMLINK": "120000"}


class Conflict(Exception):
    """Both sides changed the same file."""


@dataclass(frozen=True)
class File:
    content: bytes
    mode: str = "NORMAL"

    @property
    def key(self) -> str:
        return _digest("blob", self.content).hex()


# The files of a commit by their paths.
Files = dict[str, File]


@dataclass(frozen=True)
class Commit:
    files: Files
    parents: list[str]
    message: str
    name: str
    email: str
    made: int = field(default_factory=lambda: int(time.time()))

    @cached_property
    def tree(self) -> str:
        return tree_id(self.files)

    @cached_property
    def key(self) -> str:
        who = f"{self.name} <{self.email}> {self.made} +0000"
        lines = [f"tree {self.tree}", *(f"parent {key}" for key in self.parents), f"author {who}", f"committer {who}"]
        return _digest("commit", "\n".join([*lines, "", self.message]).encode()).hex()

    @property
    def iso(self) -> str:
        return datetime.fromtimestamp(self.made, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


Commits = dict[str, Commit]


def find_clash(files: Files) -> str | None:
    """Finds a path that is both a file and a folder."""
    folders = {path[:at] for path in files for at, letter in enumerate(path) if letter == "/"}
    return next((path for path in files if path in folders), None)


def merge_base(commits: Commits, one: str, other: str) -> str | None:
    """Finds the newest commit in both histories that is not a parent of another common commit."""
    common = _history(commits, one) & _history(commits, other)
    common -= {parent for key in common for parent in commits[key].parents}
    return max(common, key=lambda key: (commits[key].made, key), default=None)


def merge_files(base: Files, ours: Files, theirs: Files, preferred: str | None) -> Files:
    """Merges the changes of theirs into ours; the preferred strategy resolves a file that both changed."""
    result = dict(ours)
    for path in base.keys() | theirs.keys():
        was, here, there = base.get(path), ours.get(path), theirs.get(path)
        if there in (was, here) or (here != was and preferred == "ACCEPT_DESTINATION"):
            continue
        if here != was and preferred != "ACCEPT_SOURCE":
            raise Conflict(path)
        result.pop(path, None)
        if there is not None:
            result[path] = there
    if path := find_clash(result):
        raise Conflict(path)
    return result


def _history(commits: Commits, key: str) -> set[str]:
    seen: set[str] = set()
    left = [key]
    while left:
        if (at := left.pop()) not in seen:
            seen.add(at)
            left += commits[at].parents
    return seen


def tree_id(files: Files) -> str:
    """The id of the tree with these files."""
    return _tree(files).hex()


def _tree(files: Files) -> bytes:
    entries: list[tuple[str, str, bytes]] = []
    folders: dict[str, Files] = {}
    for path, file in files.items():
        name, _, rest = path.partition("/")
        if rest:
            folders.setdefault(name, {})[rest] = file
        else:
            entries.append((name, _MODES[file.mode], _digest("blob", file.content)))
    # Git sorts a folder as if its name ended with a slash.
    entries += [(f"{name}/", "40000", _tree(inner)) for name, inner in folders.items()]
    lines = (
        f"{mode} {name.removesuffix('/')}".encode() + b"\0" + key
        for name, mode, key in sorted(entries, key=lambda entry: entry[0].encode())
    )
    return _digest("tree", b"".join(lines))


def _digest(kind: str, body: bytes) -> bytes:
    return hashlib.sha1(f"{kind} {len(body)}\0".encode() + body, usedforsecurity=False).digest()
