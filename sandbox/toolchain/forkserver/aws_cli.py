"""The AWS CLI as a program of the fork server.

The CLI searches and parses the models of services on each start. The server holds what it has
parsed; it never reads credentials, endpoints or configuration files itself.
"""

import contextlib
import os
import sys
import types
from collections.abc import Callable, Iterator
from typing import ClassVar

# The CLI computes paths below the home directory when it is imported. The server imports it
# with this home directory, and a call replaces it by its own (see _find_home).
_HOME = "/home/of/the/call"
os.environ["HOME"] = _HOME

import awscli.clidriver  # noqa: E402
import botocore.exceptions  # noqa: E402
import botocore.loaders  # noqa: E402

# Nothing listens here: the first call, which warms the CLI, fails to connect.
_CLOSED = "http://127.0.0.1:1"

_Replace = Callable[[str], None]


class Program:
    """Runs the AWS CLI."""

    def __init__(self, _command: str) -> None:
        _warm()
        self._homes = list(_find_home())
        self._models = _Models()

    def expect(self, arguments: list[str]) -> None:
        """Notes what a call uses, for those that follow."""
        self._models.want(arguments)

    @property
    def is_ready(self) -> bool:
        """Whether nothing that calls have used is left to be loaded."""
        return not self._models.wanted

    def load(self) -> None:
        """Loads a part of what calls have used."""
        self._models.load()

    def run(self) -> object:
        """Runs the CLI with this process's arguments; returns what its script gives to sys.exit."""
        for replace in self._homes:
            replace(os.path.expanduser("~"))
        self._models.hand_over()
        return awscli.clidriver.main()


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

    def hand_over(self) -> None:
        """Gives the models to the CLI of this process, unless its home directory has more."""
        os.environ["AWS_DATA_PATH"] = self._path
        if os.path.isdir(botocore.loaders.Loader.CUSTOMER_DATA_PATH):
            return
        create = botocore.loaders.create_loader
        botocore.loaders.create_loader = lambda path=None: self._loader if path == self._path else create(path)


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
