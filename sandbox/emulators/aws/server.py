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
from services import delivery, ecr, ecs, functions, signer, sns, workload
from services.connections import complete_handshake
from services.organizations import create_organization
from werkzeug import Request, Response
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.test import run_wsgi_app

# A POST with the ARN of a connection in its body makes the connection AVAILABLE.
HANDSHAKE = "/sandbox/handshake"
# A POST with the arguments of services.organizations.create_organization in a JSON object creates an organization.
ORGANIZATION = "/sandbox/organization"
# A GET returns the root certificate of Signer's signatures: base64 of its DER form.
SIGNER_ROOT = "/sandbox/signer-root"
# A GET returns the calls since the last GET.
CALLS = "/sandbox/calls"
# A POST puts an event of EventBridge, or a record of CloudTrail, as AWS's own services do.
EVENTS = "/sandbox/events"
# A POST with the arguments of services.ecr.set_findings sets the findings of an image.
SCAN = "/sandbox/scan"
# A POST with the arguments of services.ecs.set_tasks sets the tasks of a service.
RUN = "/sandbox/run"
# A POST with the arguments of services.workload.seed creates clusters, services and load balancers.
WORKLOAD = "/sandbox/workload"
# A POST returns when all events are delivered.
WAIT = "/sandbox/wait-for-events"
# A GET returns every message that a topic has had, in order of the topics.
MESSAGES = "/sandbox/messages"
# A GET returns the events that rules have invoked functions with since the last GET.
INVOCATIONS = "/sandbox/invocations"
# A call with this header is recorded and not made. Its value is base64 of JSON: changes to the record.
REPORT_ONLY = "HTTP_X_SANDBOX_REPORT_ONLY"

# moto iterates over all policies of an account when it attaches one, so IAM serves one call at a time.
_iam_lock = threading.Lock()


_dispatcher = DomainDispatcherApplication(create_backend_app)


def route(service: str) -> None:
    """Builds the routes of a service before its first call."""
    scope = f"AWS4-HMAC-SHA256 Credential=none/20260101/us-east-1/{service}/aws4_request"
    _dispatcher.get_application({"PATH_INFO": "/", "HTTP_AUTHORIZATION": scope, "HTTP_HOST": ""})


class _Handler(WSGIRequestHandler):
    """Sends the headers and the body of a response in one write.

    On a busy machine Go's client may close a connection when it has the headers: net/http
    still checks for the end of the request's body while AWS's SDK closes that body.
    The SDK then repeats a call that was already carried out.
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
            handler = _SANDBOX_PATHS.get(environ["PATH_INFO"])
            return handler(environ, start_response) if handler else self._serve_call(environ, start_response)
        finally:
            with self._idle:
                self._in_flight -= 1
                self._idle.notify()

    def _serve_call(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Serves a call and records its event."""
        call = calls.parse(environ)
        if call is not None and REPORT_ONLY in environ:
            trail.report_only(call, json.loads(base64.b64decode(environ[REPORT_ONLY])))
            return Response(status=503)(environ, start_response)
        if call is not None:
            calls.record(call)
        with _iam_lock if call is not None and call.service == "iam" else contextlib.nullcontext():
            return self._record_call(call, environ, start_response)

    def _record_call(
        self, call: calls.Call | None, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        if call is None or not trail.is_recorded(call):
            return _dispatcher(environ, start_response)
        _ = call.body  # before the service reads it
        context = trail.capture(call)
        chunks, status, headers = run_wsgi_app(_dispatcher, environ, buffered=True)
        body = b"".join(chunks)
        # A call that stops a trail is recorded, and so is one that starts it.
        context = context or trail.capture(call)
        if context is not None:
            sent = {name.lower(): value for name, value in headers}
            trail.report(context, trail.Response(int(status.split()[0]), sent, body))
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
        # A request that changes the state must not run during the snapshot; a long poll may be cut off.
        with self._idle:
            self._idle.wait_for(lambda: self._in_flight == 0, timeout=5)
        delivery.wait_until_idle(5)


def _handshake(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    arn = Request(environ).get_data(as_text=True)
    try:
        found = complete_handshake(arn)
    except (ValueError, KeyError):
        found = False
    return Response(status=204 if found else 404)(environ, start_response)


def _organization(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    create_organization(**json.loads(Request(environ).get_data()))
    return Response(status=204)(environ, start_response)


def _calls(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    return Response(calls.take_recorded(), mimetype="application/json")(environ, start_response)


def _inject(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    trail.inject(json.loads(Request(environ).get_data()))
    return Response(status=204)(environ, start_response)


def _scan(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    ecr.set_findings(**json.loads(Request(environ).get_data()))
    return Response(status=204)(environ, start_response)


def _run(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    ecs.set_tasks(**json.loads(Request(environ).get_data()))
    return Response(status=204)(environ, start_response)


def _workload(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    workload.seed(**json.loads(Request(environ).get_data()))
    return Response(status=204)(environ, start_response)


def _wait(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    return Response(status=204 if delivery.wait_until_idle(60) else 504)(environ, start_response)


def _messages(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    return Response(json.dumps(sns.messages()), mimetype="application/json")(environ, start_response)


def _invocations(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    return Response(json.dumps(functions.take_invocations()), mimetype="application/json")(environ, start_response)


def _signer_root(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    return Response(signer.root_certificate(), mimetype="text/plain")(environ, start_response)


_SANDBOX_PATHS: dict[str, Callable[..., Any]] = {
    HANDSHAKE: _handshake,
    ORGANIZATION: _organization,
    CALLS: _calls,
    EVENTS: _inject,
    SCAN: _scan,
    RUN: _run,
    WORKLOAD: _workload,
    WAIT: _wait,
    MESSAGES: _messages,
    INVOCATIONS: _invocations,
    SIGNER_ROOT: _signer_root,
}
