"""A stand-in for AWS: moto's services on one local port, with the gaps filled that prodgate runs into."""

import argparse
import logging
import os
import signal
import sys
import threading
import warnings
from pathlib import Path


def main() -> int:
    parser = argparse.ArgumentParser(prog="moto", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port to listen on (default: any free one)")
    parser.add_argument("--state", type=Path, help="file to restore the state from, and to save it to at the end")
    parser.add_argument("--verbose", action="store_true", help="log each request to stderr")
    args = parser.parse_args()

    # Read by moto while it is imported.
    os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"
    # What the host's own settings would change in the clients that moto makes for itself.
    os.environ.pop("AWS_PROFILE", None)
    logging.basicConfig(stream=sys.stderr, format="%(message)s")
    logging.getLogger("werkzeug").setLevel(logging.INFO if args.verbose else logging.ERROR)
    if not args.verbose:
        warnings.simplefilter("ignore")

    import services
    import snapshot
    from server import Server

    services.install()
    if args.state and args.state.exists():
        try:
            snapshot.load(args.state)
        except snapshot.Unusable as error:
            print(f"{args.state}: {error}", file=sys.stderr)
            return 1

    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    # A parent that is killed closes our stdin: nothing is left running behind it.
    threading.Thread(target=lambda: (sys.stdin.buffer.read(), ended.set()), daemon=True).start()

    with Server(args.port) as server:
        print(f"listening on http://127.0.0.1:{server.port}", flush=True)
        ended.wait()
        services.stepfunctions.finish(5)
    if args.state:
        snapshot.save(args.state)
    return 0


if __name__ == "__main__":
    # A reader of stdin that is still blocked would be waited for by a plain exit.
    code = main()
    sys.stderr.flush()
    os._exit(code)
