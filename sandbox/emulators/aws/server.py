"""The HTTP server around moto's dispatcher."""

import base64
import contextlib
import json
import os
import threading
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any

import calls
import trail
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from services import delivery, ecr, ecs, signer, workload
from services.connections import complete_handshake
from services.organizations import organize
from werkzeug import Request, Response
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.test import run_wsgi_app

# A POST with the ARN of a connection in its body makes the connection AVAILABLE.
HANDSHAKE = "/sandbox/handshake"
# A POST with the arguments of services.organizations.organize in a JSON object makes an organisation.
ORGANIZATION = "/sandbox/organization"
# A GET answers the certificate that the signatures of Signer end at: base64 of its DER form.
SIGNER_ROOT = "/sandbox/signer-root"
# A GET answers the calls since the last GET.
CALLS = "/sandbox/calls"
# A POST with an event of EventBridge, or a record of CloudTrail, puts it as AWS's own services do.
EVENTS = "/sandbox/events"
# A POST with the arguments of services.ecr.scan says what is found in an image.
SCAN = "/sandbox/scan"
# A POST with the arguments of services.ecs.run says what a service runs.
RUN = "/sandbox/run"
# A POST with the arguments of services.workload.seed makes what apps run on.
WORKLOAD = "/sandbox/workload"
# A POST is answered when all events are delivered.
SETTLED = "/sandbox/settled"
# A call with this header is told of and not made: base64 of what its record says otherwise, in JSON.
TOLD = "HTTP_X_SANDBOX_TOLD"

# moto walks through all of an account's policies where it attaches one: one call of IAM at a time.
_alone = threading.Lock()


_dispatcher = DomainDispatcherApplication(create_backend_app)


def route(service: str) -> None:
    """Makes the routes of a service, which else its first call does."""
    scope = f"AWS4-HMAC-SHA256 Credential=none/20260101/us-east-1/{service}/aws4_request"
    _dispatcher.get_application({"PATH_INFO": "/", "HTTP_AUTHORIZATION": scope, "HTTP_HOST": ""})


class _Handler(WSGIRequestHandler):
    """Sends an answer's headers and its body at once.

    On a busy machine Go's client may close a connection when it has the headers: net/http
    still looks whether the request's body is at its end while AWS's SDK closes that body.
    The SDK then makes a call again that was already carried out.
    """

    wbufsize = 1 << 20


class Server:
    """Serves all services on 127.0.0.1 while its context lasts."""

    def __init__(self, port: int) -> None:
        self._idle = threading.Condition()
        self._in_flight = 0
        self._server = make_server("127.0.0.1", port, self._application, threaded=True, request_handler=_Handler)
        self.port: int = self._server.server_port
        os.environ["MOTO_PORT"] = str(self.port)

    def _application(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        with self._idle:
            self._in_flight += 1
        try:
            own = _OWN.get(environ["PATH_INFO"])
            return own(environ, start_response) if own else self._asked(environ, start_response)
        finally:
            with self._idle:
                self._in_flight -= 1
                self._idle.notify()

    def _asked(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answers a call, and tells of it."""
        call = calls.read(environ)
        if call is not None and TOLD in environ:
            trail.pretend(call, json.loads(base64.b64decode(environ[TOLD])))
            return Response(status=503)(environ, start_response)
        if call is not None:
            calls.record(call)
        with _alone if call is not None and call.service == "iam" else contextlib.nullcontext():
            return self._answered(call, environ, start_response)

    def _answered(
        self, call: calls.Call | None, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        if call is None or not trail.is_told_of(call):
            return _dispatcher(environ, start_response)
        _ = call.body  # before the service reads it
        seen = trail.look(call)
        chunks, status, headers = run_wsgi_app(_dispatcher, environ, buffered=True)
        body = b"".join(chunks)
        # A call that ends the telling is told of, as is one that begins it.
        seen = seen or trail.look(call)
        if seen is not None:
            said = {name.lower(): value for name, value in headers}
            trail.tell(seen, trail.Answer(int(status.split()[0]), said, body))
        start_response(status, list(headers))
        return [body]

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
        delivery.settled(5)


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


def _taken(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    return Response(calls.taken(), mimetype="application/json")(environ, start_response)


def _inject(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    trail.inject(json.loads(Request(environ).get_data()))
    return Response(status=204)(environ, start_response)


def _scan(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    ecr.scan(**json.loads(Request(environ).get_data()))
    return Response(status=204)(environ, start_response)


def _run(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    ecs.run(**json.loads(Request(environ).get_data()))
    return Response(status=204)(environ, start_response)


def _workload(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    workload.seed(**json.loads(Request(environ).get_data()))
    return Response(status=204)(environ, start_response)


def _settled(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    return Response(status=204 if delivery.settled(60) else 504)(environ, start_response)


def _signer_root(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    return Response(signer.root(), mimetype="text/plain")(environ, start_response)


_OWN: dict[str, Callable[..., Any]] = {
    HANDSHAKE: _handshake,
    ORGANIZATION: _organization,
    CALLS: _taken,
    EVENTS: _inject,
    SCAN: _scan,
    RUN: _run,
    WORKLOAD: _workload,
    SETTLED: _settled,
    SIGNER_ROOT: _signer_root,
}
