"""The state of all moto backends, saved to one file and restored from it.

Only the versions of moto and Python that wrote a snapshot can read it: it contains
moto's objects and the byte code of the few functions among them.
"""

import _thread
import importlib
import io
import json
import marshal
import os
import pickle
import sys
import tempfile
import threading
import time
import types
import weakref
from collections import defaultdict
from pathlib import Path
from typing import Any

import moto
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from moto.core.base_backend import BackendDict

_VERSIONS = {"format": 2, "moto": moto.__version__, "python": f"{sys.version_info[0]}.{sys.version_info[1]}"}


_instances: list[BackendDict[Any]] = BackendDict._instances  # pyright: ignore[reportGeneralTypeIssues]


class Unusable(Exception):
    """The file is not a snapshot that this process can read."""


# Background work may change a dictionary while it is written.
_ATTEMPTS = 20


def save(path: Path) -> None:
    """Writes the state to path atomically."""
    for attempt in range(_ATTEMPTS):
        try:
            _save(path)
            return
        except RuntimeError as error:
            if "changed size during iteration" not in str(error) or attempt == _ATTEMPTS - 1:
                raise
            time.sleep(0.1)


def _save(path: Path) -> None:
    stored: dict[tuple[str, str], tuple[dict[str, Any], dict[str, Any]]] = {}
    for backends in _instances:
        attributes = {k: v for k, v in vars(backends).items() if k != "backend"}
        stored[_address(backends)] = (attributes, dict(backends))

    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(json.dumps(_VERSIONS).encode() + b"\n")
            _Pickler(file, pickle.HIGHEST_PROTOCOL).dump(stored)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def clear() -> None:
    """Clears the state of this process."""
    for backends in _instances:
        backends.clear()


def load(path: Path) -> None:
    """Replaces the state of this process with the one in path."""
    with path.open("rb") as file:
        try:
            versions = json.loads(file.readline())
        except ValueError:
            raise Unusable("not a snapshot of the emulator") from None
        if versions != _VERSIONS:
            raise Unusable(
                f"written by {_describe(versions)}, this is {_describe(_VERSIONS)}; delete it to start afresh"
            )
        try:
            stored = _Unpickler(file).load()
        except Exception as error:
            raise Unusable(f"damaged snapshot: {type(error).__name__}: {error}") from error
    for address, (attributes, accounts) in stored.items():
        backends = _at(address)
        vars(backends).update(attributes)
        for account, regions in accounts.items():
            backends[account] = regions
        _instances.append(backends)


def _describe(versions: Any) -> str:
    if not isinstance(versions, dict):
        return "something else"
    return ", ".join(f"{name} {version}" for name, version in versions.items())


def _address(backends: BackendDict[Any]) -> tuple[str, str]:
    """The module and the name of a service's backends, which are the same in every process."""
    module = backends.backend.__module__
    for name, value in vars(importlib.import_module(module)).items():
        if value is backends:
            return module, name
    raise LookupError(f"the backends of {backends.service_name} have no name in {module}")


def _at(address: tuple[str, str]) -> BackendDict[Any]:
    module, name = address
    found: BackendDict[Any] = getattr(importlib.import_module(module), name)
    return found


class _Pickler(pickle.Pickler):
    def persistent_id(self, obj: Any) -> Any:
        # Backends refer to the backends of other services by module and name.
        if isinstance(obj, BackendDict):
            return _address(obj)
        return None

    def reducer_override(self, obj: Any) -> Any:
        match obj:
            case _thread.LockType():
                return threading.Lock, ()
            case _thread.RLock():
                return threading.RLock, ()
            case threading.Event():
                return _event, (obj.is_set(),)
            case weakref.ref():
                return _reference, (obj(),)
            case types.ModuleType():
                return importlib.import_module, (obj.__name__,)
            case types.MappingProxyType():
                return types.MappingProxyType, (dict(obj),)
            case tempfile.SpooledTemporaryFile():
                return _temporary_file, (vars(obj)["_max_size"], _content(obj), obj.tell())
            case io.BytesIO():
                return _bytes, (obj.getvalue(), obj.tell())
            case rsa.RSAPrivateKey() | ec.EllipticCurvePrivateKey():
                return _private_key, (_pem(obj),)
            case defaultdict() if type(obj) is not defaultdict:
                return _new_defaultdict, (type(obj), obj.default_factory), vars(obj), None, iter(obj.items())
            case types.FunctionType() if not _importable(obj):
                closure = [cell.cell_contents for cell in obj.__closure__ or ()]
                return _function, (marshal.dumps(obj.__code__), obj.__module__, obj.__defaults__, closure)
        return NotImplemented


class _Unpickler(pickle.Unpickler):
    def persistent_load(self, pid: Any) -> Any:
        return _at(pid)


def _importable(function: types.FunctionType) -> bool:
    found: Any = sys.modules.get(function.__module__)
    for name in function.__qualname__.split("."):
        found = getattr(found, name, None)
    return found is function


def _function(code: bytes, module: str, defaults: tuple[Any, ...] | None, closure: list[Any]) -> types.FunctionType:
    scope = vars(importlib.import_module(module))
    cells = tuple(types.CellType(value) for value in closure)
    return types.FunctionType(marshal.loads(code), scope, None, defaults, cells)  # noqa: S302


def _new_defaultdict(kind: type[defaultdict[Any, Any]], factory: Any) -> defaultdict[Any, Any]:
    """Creates a defaultdict of a subclass whose constructor needs more arguments."""
    made = kind.__new__(kind)
    defaultdict.__init__(made, factory)
    return made


def _event(is_set: bool) -> threading.Event:
    event = threading.Event()
    if is_set:
        event.set()
    return event


def _reference(target: Any) -> Any:
    return weakref.ref(target) if target is not None else (lambda: None)


def _content(file: Any) -> bytes:
    position = file.tell()
    file.seek(0)
    content: bytes = file.read()
    file.seek(position)
    return content


def _temporary_file(max_size: int, content: bytes, position: int) -> Any:
    file = tempfile.SpooledTemporaryFile(max_size=max_size)  # noqa: SIM115
    file.write(content)
    file.seek(position)
    return file


def _bytes(content: bytes, position: int) -> io.BytesIO:
    file = io.BytesIO(content)
    file.seek(position)
    return file


def _pem(key: Any) -> bytes:
    pem: bytes = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return pem


def _private_key(pem: bytes) -> Any:
    return serialization.load_pem_private_key(pem, password=None)
