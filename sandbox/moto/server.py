"""The HTTP server around moto's dispatcher."""

import json
import os
import threading
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from services.connections import complete_handshake
from services.organizations import organize
from werkzeug import Request, Response
from werkzeug.serving import make_server

# A POST with the ARN of a connection in its body makes the connection AVAILABLE.
HANDSHAKE = "/sandbox/handshake"
# A POST with the arguments of services.organizations.organize in a JSON object makes an organisation.
ORGANIZATION = "/sandbox/organization"


class Server:
    """Serves all services on 127.0.0.1 while its context lasts."""

    def __init__(self, port: int) -> None:
        self._dispatcher = DomainDispatcherApplication(create_backend_app)
        self._idle = threading.Condition()
        self._in_flight = 0
        self._server = make_server("127.0.0.1", port, self._application, threaded=True)
        self.port: int = self._server.server_port
        os.environ["MOTO_PORT"] = str(self.port)

    def _application(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        with self._idle:
            self._in_flight += 1
        try:
            return _OWN.get(environ["PATH_INFO"], self._dispatcher)(environ, start_response)
        finally:
            with self._idle:
                self._in_flight -= 1
                self._idle.notify()

    def __enter__(self) -> "Server":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.socket.close()
        # A request that changes the state must not run beside the snapshot; a long poll may be cut off.
        with self._idle:
            self._idle.wait_for(lambda: self._in_flight == 0, timeout=5)


def _handshake(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    arn = Request(environ).get_data(as_text=True)
    try:
        found = complete_handshake(arn)
    except (ValueError, KeyError):
        found = False
    return Response(status=204 if found else 404)(environ, start_response)


def _organization(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    organize(**json.loads(Request(environ).get_data()))
    return Response(status=204)(environ, start_response)


_OWN = {HANDSHAKE: _handshake, ORGANIZATION: _organization}
