"""An emulator of AWS: moto's services on one local port, with the gaps filled that prodgate runs into."""

import argparse
import gc
import logging
import os
import signal
import sys
import threading
import warnings
from functools import cache
from pathlib import Path

# The services that a stack calls first, by their signing names.
_PRELOADED = (
    *("access-analyzer", "budgets", "cloudtrail", "codebuild", "codecommit", "codeconnections", "codedeploy"),
    *("codepipeline", "codestar-notifications", "config", "ec2", "ecr", "ecs", "elasticloadbalancing", "events"),
    *("guardduty", "iam", "kms", "lambda", "logs", "monitoring", "organizations", "pipes", "s3", "secretsmanager"),
    *("securityhub", "signer", "sns", "sqs", "ssm", "states", "sts", "tagging"),
)


def prepare() -> None:
    """Imports and patches moto."""
    # moto reads this variable on import and on the first use of an account.
    os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"
    _install()


@cache
def _install() -> None:
    import services

    services.install()


def warm() -> None:
    """Prepares each service for its first call, for all emulators that are forked from this process."""
    prepare()
    import calls
    import server
    import snapshot

    for service in _PRELOADED:
        server.route(service)
        calls.warm(service)
    snapshot.clear()


def start_fork() -> None:
    """Gives this forked process its own random numbers of moto."""
    from moto.moto_api._internal import mock_random

    mock_random.seed()
    # Most objects of a server live long and few form cycles, so garbage collection runs rarely.
    gc.set_threshold(20_000, 20, 20)


def main() -> int:
    parser = argparse.ArgumentParser(prog="moto", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port to listen on (default: any free one)")
    parser.add_argument("--state", type=Path, help="file to restore the state from, and to save it to at the end")
    parser.add_argument("--grace", type=float, default=30, help="seconds to wait at the end for running executions")
    parser.add_argument("--verbose", action="store_true", help="log each request to stderr")
    args = parser.parse_args()

    # The host's profile would change the clients that moto makes for itself.
    os.environ.pop("AWS_PROFILE", None)
    logging.basicConfig(stream=sys.stderr, format="%(message)s")
    logging.getLogger("werkzeug").setLevel(logging.INFO if args.verbose else logging.ERROR)
    if not args.verbose:
        warnings.simplefilter("ignore")

    prepare()
    import snapshot
    from server import Server
    from services import delivery, stepfunctions

    if args.state and args.state.exists():
        try:
            snapshot.load(args.state)
        except snapshot.Unusable as error:
            print(f"{args.state}: {error}", file=sys.stderr)
            return 1

    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    # A killed parent closes this stdin, which ends the emulator.
    threading.Thread(target=lambda: (sys.stdin.buffer.read(), ended.set()), daemon=True).start()

    with Server(args.port) as server:
        print(f"listening on http://127.0.0.1:{server.port}", flush=True)
        ended.wait()
        # A running execution calls services of this server, and retries on a busy machine.
        delivery.wait_until_idle(args.grace)
        stepfunctions.wait_for_executions(args.grace)
    if args.state:
        snapshot.save(args.state)
    return 0
