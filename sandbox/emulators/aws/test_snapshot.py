"""The snapshot in this process: cases that a run of the whole emulator reaches only by chance."""

import tempfile
import threading
import unittest
from pathlib import Path
from typing import Any

import snapshot
from moto.sqs.models import sqs_backends

ACCOUNT, REGION = "012345678901", "eu-west-2"


class SaveTest(unittest.TestCase):
    def setUp(self) -> None:
        self.queues: dict[str, Any] = sqs_backends[ACCOUNT][REGION].queues
        self.addCleanup(self.queues.clear)

    def test_save_beside_a_running_execution(self) -> None:
        self.queues.update({f"kept-{number}": [number] for number in range(50_000)})
        ended = threading.Event()

        def make_and_delete() -> None:
            while not ended.is_set():
                for number in range(100):
                    self.queues[str(number)] = [number]
                for number in range(100):
                    del self.queues[str(number)]

        caller = threading.Thread(target=make_and_delete)
        stop = threading.Timer(0.5, ended.set)
        with tempfile.TemporaryDirectory() as folder:
            caller.start()
            stop.start()
            try:
                snapshot.save(Path(folder, "state"))
            finally:
                ended.set()
                caller.join()
            self.assertEqual([path.name for path in Path(folder).iterdir()], ["state"])

    def test_failed_save_keeps_the_file(self) -> None:
        self.queues["generator"] = (n for n in range(1))
        with tempfile.TemporaryDirectory() as folder:
            state = Path(folder, "state")
            state.write_bytes(b"before")
            with self.assertRaises(TypeError):
                snapshot.save(state)
            self.assertEqual([path.name for path in Path(folder).iterdir()], ["state"])
            self.assertEqual(state.read_bytes(), b"before")
