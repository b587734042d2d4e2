"""Every attack against the whole project: `make hostile`."""

import contextlib
import time

import httpx
from django.test import SimpleTestCase

from tests.hostile.inputs import Attack, attacks, costly
from tests.hostile.pictures import huge, many_scans
from tests.hostile.server import Project, running
from tests.hostile.siege import ORPHANS, WAITING, Report, besiege, is_well, watched

_LEAST = 459  # without a failure these support "at most 1 % fail" with 99 % confidence
_PATIENCE = 600  # seconds for the workers to end what the attacks left them


class SiegeTests(SimpleTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = cls.enterClassContext(
            running(Project, COLLECT_PROPOSALS="1", SIGN_IN_ATTEMPTS="1000")
        )
        deadline = time.monotonic() + 400
        while time.monotonic() < deadline:
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"{cls.server.address}/readyz", timeout=5).status_code == 200:
                    return
            time.sleep(1)
        raise AssertionError(cls.server.process.log.read_text()[-3000:])

    def end(self, report):
        """Say what was seen, and hold it and what is left to what is promised."""
        self.wait_for_workers()
        orphans = int(self.server.shell(ORPHANS))
        left = [f"{orphans} files without a row"] if orphans else []
        left += is_well(self.server)
        memory = max(process.memory_info().rss for process in self.server.processes())
        print(f"{report}; then the largest process {memory / 2**20:.0f} MB, {orphans} orphans")
        self.assertEqual([*report.failures, *left], [])

    def wait_for_workers(self):
        deadline = time.monotonic() + _PATIENCE
        while int(self.server.shell(WAITING)):
            self.assertLess(time.monotonic(), deadline, "Uploads still wait.")
            time.sleep(3)

    def test_1_every_attack_is_answered_and_the_project_stays_well(self):
        chosen = attacks()
        self.assertGreaterEqual(len({attack.name for attack in chosen}), _LEAST)
        self.end(besiege(self.server, chosen))

    def test_2_many_costly_images_at_once_leave_the_project_answering(self):
        files = {
            "scans": many_scans(1500, 28), "webp": huge("WEBP", 4900), "gray": huge("PNG", 7000,
            "I;16"),
            "logo": costly(),
        }  # fmt: skip
        flood = [
            Attack(f"{name} {number} to {path}", path, files=(("image", (f"{name}.png", file)),))
            for number in range(8)
            for name, file in files.items()
            for path in ("/api/v1/conversions/", "/api/v1/classify/")
        ]
        self.end(besiege(self.server, flood, at_once=16))

    def test_3_who_sends_slowly_keeps_nobody_waiting(self):
        report = Report()
        with contextlib.ExitStack() as stack:
            dripping = [stack.enter_context(self.server.connection()) for _ in range(100)]
            for number, opened in enumerate(dripping):
                opened.sendall(b"POST / HTTP/1.1\r\n" if number % 2 else b"GET / HTTP/1.1\r\nX: ")
            with watched(self.server, report):
                for _ in range(20):
                    for opened in dripping:
                        with contextlib.suppress(OSError):
                            opened.sendall(b"x")
                    started = time.monotonic()
                    answer = httpx.get(self.server.address, timeout=30)
                    report.note("the page", answer.status_code, time.monotonic() - started)
                    time.sleep(0.5)
        self.end(report)
