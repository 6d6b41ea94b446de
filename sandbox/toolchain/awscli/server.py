"""A warmed AWS CLI that forks a process for each call.

The AWS CLI spends half a second of processor time on each start: it imports itself, searches
its models and parses some. This server does so once. The client beside it (main.go) sends a
call's arguments, environment, working directory and standard files over a Unix socket; the
forked process takes them on, runs the CLI's own main, and its exit status goes back.

A call sees nothing of the server's environment and nothing of another call: what a call does
happens in its own process, and the server itself never reads credentials or endpoints.
"""

import argparse
import atexit
import contextlib
import gc
import os
import selectors
import signal
import socket
import struct
import sys
import threading
import time
import traceback
import types
from collections.abc import Callable, Iterator
from typing import ClassVar

# The CLI computes paths below the home directory when it is imported. The server imports it
# with this home directory, and a call replaces it by its own (see _find_home).
_HOME = "/home/of/the/call"
# Nothing listens here: the first call, which warms the CLI, fails to connect.
_CLOSED = "http://127.0.0.1:1"
# A server without calls for so many seconds ends.
_IDLE = 120.0
# What the client sends and receives (main.go has the same).
_LENGTH = struct.Struct(">Q")
_BEGUN = b"B"
_STATUS = struct.Struct(">i")
_LOCK = 3  # the client's lock, which this process holds until it ends
_FILES = 4  # standard input, output and error, and the working directory

_Replace = Callable[[str], None]


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
    def __init__(self, path: str, command: str) -> None:
        self._path = path
        self._command = command
        self._homes = list(_find_home())
        self._models = _Models()
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
            # Models are parsed while nobody waits.
            events = self._selector.select(0.05 if self._models.wanted else _IDLE)
            for key, _ in events:
                key.data()
            if events:
                continue
            if self._models.wanted:
                self._models.load()
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
        self._models.want(call.arguments)
        connection.setblocking(False)
        self._clients[child] = connection
        self._selector.register(connection, selectors.EVENT_READ, lambda: self._end(child))
        with contextlib.suppress(OSError):
            connection.send(_BEGUN)

    def _end(self, child: int) -> None:
        """Ends a call whose client has ended."""
        self._selector.unregister(self._clients[child])
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
            for replace in self._homes:
                replace(os.path.expanduser("~"))
            self._models.hand_over()
            sys.argv = [self._command, *call.arguments]
            status = _run()
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)


class _Models:
    """Holds the parsed models of the services that calls have asked for."""

    # What the CLI calls some services, where it is not the name of their models.
    _names: ClassVar = {"s3api": "s3", "deploy": "codedeploy", "configservice": "config"}
    _kinds = ("service-2", "endpoint-rule-set-1", "paginators-1", "waiters-2")

    def __init__(self) -> None:
        # The CLI adds its own models to the path when it is imported.
        self._path = os.environ["AWS_DATA_PATH"]
        self._loader = botocore.loaders.create_loader(self._path)
        self._services = {*self._loader.list_available_services("service-2"), *self._names}
        self._loaded: set[str] = set()
        self.wanted: list[str] = []
        for kind in self._kinds:
            self._loader.list_available_services(kind)
        for name in ("cli", "partitions", "endpoints", "_retry", "sdk-default-configuration"):
            self._loader.load_data(name)

    def want(self, arguments: list[str]) -> None:
        """Notes the service of a call, for those that follow."""
        service = next((a for a in arguments if a in self._services), "")
        if service and service not in self._loaded:
            self._loaded.add(service)
            self.wanted.append(self._names.get(service, service))

    def load(self) -> None:
        """Loads the models of a service that was asked for."""
        service = self.wanted.pop()
        for kind in self._kinds:
            with contextlib.suppress(botocore.exceptions.UnknownServiceError, botocore.exceptions.DataNotFoundError):
                self._loader.load_service_model(service, kind)
        gc.freeze()

    def hand_over(self) -> None:
        """Gives the models to the CLI of this process, unless its home directory has more."""
        os.environ["AWS_DATA_PATH"] = self._path
        if os.path.isdir(botocore.loaders.Loader.CUSTOMER_DATA_PATH):
            return
        create = botocore.loaders.create_loader
        botocore.loaders.create_loader = lambda path=None: self._loader if path == self._path else create(path)


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


def _run() -> int:
    """Runs the CLI as its script does, and what Python does at a program's end."""
    try:
        status = _status(awscli.clidriver.main())
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


def _warm() -> None:
    """Makes a call that fails: it loads all that any call loads."""
    os.environ.update(
        AWS_ACCESS_KEY_ID="none",
        AWS_SECRET_ACCESS_KEY="none",  # noqa: S106
        AWS_CONFIG_FILE=os.devnull,
        AWS_SHARED_CREDENTIALS_FILE=os.devnull,
        AWS_MAX_ATTEMPTS="1",
        AWS_ENDPOINT_URL=_CLOSED,
        AWS_REGION="us-east-1",
    )
    awscli.clidriver.create_clidriver().main(["sts", "get-caller-identity"])


def _find_home() -> Iterator[_Replace]:
    """Finds where the CLI keeps paths below the home directory that it was imported with."""
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] not in ("awscli", "botocore", "s3transfer"):
            continue
        for owner in [module, *(v for v in vars(module).values() if isinstance(v, type))]:
            for attribute, value in list(vars(owner).items()):
                if isinstance(value, str) and _HOME in value:
                    yield _attribute(owner, attribute, value)
                if isinstance(value, types.FunctionType) and _HOME in str(value.__defaults__):
                    yield _defaults(value, value.__defaults__ or ())


def _attribute(owner: object, name: str, value: str) -> _Replace:
    return lambda home: setattr(owner, name, value.replace(_HOME, home))


def _defaults(function: types.FunctionType, defaults: tuple[object, ...]) -> _Replace:
    def replace(home: str) -> None:
        function.__defaults__ = tuple(d.replace(_HOME, home) if isinstance(d, str) else d for d in defaults)

    return replace


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("socket")
    parser.add_argument("command")
    options = parser.parse_args()
    os.set_inheritable(_LOCK, False)
    os.environ.clear()
    os.environ["HOME"] = _HOME
    import awscli.clidriver
    import botocore.exceptions
    import botocore.loaders

    _warm()
    server = _Server(options.socket, options.command)
    os.environ.clear()
    server.serve()
