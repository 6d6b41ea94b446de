"""A warmed Python program that forks a process for each call.

The AWS CLI and moto spend half a second and more of processor time on each start: they import
themselves and read the models of AWS's services. This server does so once. The client beside it
(main.go) sends a call's arguments, environment, working directory and standard files over a Unix
socket; the forked process takes them on and runs the program, and its exit status goes back.

A call sees nothing of the server's environment and nothing of another call: what a call does
happens in its own process.
"""

import argparse
import atexit
import contextlib
import gc
import importlib
import os
import selectors
import signal
import socket
import struct
import sys
import threading
import time
import traceback
from typing import Protocol

# A server without calls for so many seconds ends.
_IDLE = 120.0
# What the client sends and receives (main.go has the same).
_LENGTH = struct.Struct(">Q")
_BEGUN = b"B"
_STATUS = struct.Struct(">i")
_LOCK = 3  # the client's lock, which this process holds until it ends
_FILES = 4  # standard input, output and error, and the working directory


class Program(Protocol):
    """What is warmed, and run for each call; a module beside this one has it under the name Program."""

    def expect(self, arguments: list[str]) -> None:
        """Notes what a call uses, for those that follow."""

    @property
    def is_ready(self) -> bool:
        """Whether nothing that calls have used is left to be loaded."""
        ...

    def load(self) -> None:
        """Loads a part of what calls have used."""

    def run(self) -> object:
        """Runs the program with this process's arguments; returns what its script gives to sys.exit."""


class _Call:
    """What a client has sent."""

    def __init__(self, connection: socket.socket) -> None:
        head, files, _, _ = socket.recv_fds(connection, _LENGTH.size, _FILES)
        self.files = files
        try:
            (length,) = _LENGTH.unpack(head)
            payload = bytearray()
            while len(payload) < length:
                chunk = connection.recv(length - len(payload))
                if not chunk:
                    raise EOFError("the client ended")
                payload += chunk
            if len(files) != _FILES:
                raise EOFError(f"{len(files)} files")
        except BaseException:
            self.close()
            raise
        umask, count, *rest = bytes(payload).split(b"\0")
        self.umask = int(umask, 8)
        self.arguments = [os.fsdecode(a) for a in rest[: int(count)]]
        self.environment = rest[int(count) :]

    def close(self) -> None:
        for file in self.files:
            os.close(file)


class _Server:
    def __init__(self, path: str, program: Program, command: str) -> None:
        self._path = path
        self._program = program
        self._command = command
        self._selector = selectors.DefaultSelector()
        self._clients: dict[int, socket.socket] = {}  # by the process of the call
        self._listener = socket.socket(socket.AF_UNIX)
        self._woken, self._wake = os.pipe()
        for end in (self._woken, self._wake):
            os.set_blocking(end, False)

    def serve(self) -> None:
        """Answers clients until none has called for some time."""
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._path)
        self._listener.bind(self._path)
        self._listener.listen(64)
        self._selector.register(self._listener, selectors.EVENT_READ, self._accept)
        self._selector.register(self._woken, selectors.EVENT_READ, self._reap)
        # The forks share the memory: the collector must not touch what is here already.
        gc.collect()
        gc.freeze()
        while True:
            # The program loads while nobody waits.
            events = self._selector.select(_IDLE if self._program.is_ready else 0.05)
            for key, _ in events:
                key.data()
            if events:
                continue
            if not self._program.is_ready:
                self._program.load()
                gc.freeze()
            elif not self._clients:
                break
        os.unlink(self._path)

    def _accept(self) -> None:
        connection, _ = self._listener.accept()
        connection.settimeout(10)
        try:
            call = _Call(connection)
        except (OSError, EOFError, ValueError, struct.error):
            connection.close()
            return
        try:
            child = os.fork()
        except OSError:
            child = -1
        if child == 0:
            self._become(call, connection)
        call.close()
        if child < 0:
            connection.close()
            return
        self._program.expect(call.arguments)
        connection.setblocking(False)
        self._clients[child] = connection
        self._selector.register(connection, selectors.EVENT_READ, lambda: self._end(child))
        with contextlib.suppress(OSError):
            connection.send(_BEGUN)

    def _end(self, child: int) -> None:
        """Ends a call whose client has ended."""
        connection = self._clients.get(child)
        if connection is None:  # reaped in the same round
            return
        self._selector.unregister(connection)
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child, signal.SIGKILL)

    def _reap(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(self._woken, 4096)
        for child in list(self._clients):
            reaped, status = os.waitpid(child, os.WNOHANG)
            if reaped == 0:
                continue
            connection = self._clients.pop(child)
            with contextlib.suppress(KeyError):
                self._selector.unregister(connection)
            with contextlib.suppress(OSError):
                connection.send(_STATUS.pack(os.waitstatus_to_exitcode(status)))
            connection.close()

    def _become(self, call: _Call, connection: socket.socket) -> None:
        """Makes this forked process the call's own, and never returns."""
        status = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            self._selector.close()
            for end in (self._woken, self._wake):
                os.close(end)
            for other in (self._listener, connection, *self._clients.values()):
                other.close()
            _take(call)
            sys.argv = [self._command, *call.arguments]
            status = _run(self._program)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)


def _take(call: _Call) -> None:
    """Takes on the session, files, directory and environment of a call."""
    os.setsid()
    for number, file in enumerate(call.files[:3]):
        os.dup2(file, number)
    os.fchdir(call.files[3])
    call.close()
    os.umask(call.umask)
    os.environ.clear()
    for pair in call.environment:
        name, is_set, value = pair.partition(b"=")
        if name and is_set:
            os.environb[name] = value
    time.tzset()
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_CTYPE") or os.environ.get("LANG") or "C"
    # As Python's own start does; the client brings calls of other encodings to a plain CLI.
    errors = "surrogateescape" if locale.partition(".")[0] in ("C", "POSIX") else "strict"
    sys.stdin = open(0, encoding="utf-8", errors=errors, closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", encoding="utf-8", errors=errors, closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False, buffering=1)  # noqa: SIM115
    if os.environ.get("PYTHONUNBUFFERED"):
        for file in (sys.stdout, sys.stderr):
            file.reconfigure(write_through=True)
    sys.__stdin__, sys.__stdout__, sys.__stderr__ = sys.stdin, sys.stdout, sys.stderr


def _run(program: Program) -> int:
    """Runs the program as its script does, and what Python does at a program's end."""
    try:
        status = _status(program.run())
    except SystemExit as leave:
        status = _status(leave.code)
    except BaseException:
        traceback.print_exc()
        status = 1
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for file in (sys.stdout, sys.stderr):
        try:
            file.flush()
        except OSError:
            status = 120
    return status & 0xFF


def _status(code: object) -> int:
    """Is the exit status of what a program gives to sys.exit."""
    if code is None:
        return 0
    if isinstance(code, int):
        return code
    print(code, file=sys.stderr)
    return 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("socket")
    parser.add_argument("program", help="the module of the program")
    parser.add_argument("command", help="the program's script")
    options = parser.parse_args()
    os.set_inheritable(_LOCK, False)
    os.environ.clear()
    warmed: Program = importlib.import_module(options.program).Program(options.command)
    os.environ.clear()
    _Server(options.socket, warmed, options.command).serve()
