"""The emulator of AWS as a program of the fork server."""

import importlib
import os
import sys
from typing import Any


class Program:
    """Runs the emulator."""

    is_ready = True

    def __init__(self, command: str) -> None:
        sys.path.insert(0, command)
        self._main: Any = importlib.import_module("emulator")
        self._main.warm()

    def expect(self, arguments: list[str]) -> None:
        """The emulator has loaded all that it uses."""

    def load(self) -> None:
        """The emulator has loaded all that it uses."""

    def run(self) -> object:
        """Runs the emulator with this process's arguments."""
        self._main.start_fork()
        status: int = self._main.main()
        # A normal exit would wait for the thread that still reads stdin.
        sys.stderr.flush()
        os._exit(status)
