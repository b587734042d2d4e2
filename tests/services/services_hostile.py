"""A part of `make hostile`: every ninth attack against gunicorn alone."""

from django.test import SimpleTestCase

from tests.hostile.inputs import attacks
from tests.hostile.server import running
from tests.hostile.siege import ORPHANS, besiege, is_well


class SkirmishTests(SimpleTestCase):
    def test_every_ninth_attack_is_answered_and_the_server_stays_well(self):
        with running(SIGN_IN_ATTEMPTS="1000") as server:
            report = besiege(server, attacks()[::9], timed=False)
            self.assertEqual(report.failures, [])
            self.assertEqual(server.shell(ORPHANS), "0")
            self.assertEqual(is_well(server), [])
