"""A part of `make hostile` against gunicorn alone, on SQLite and on PostgreSQL."""

import re
import tempfile

import httpx
from django.test import SimpleTestCase

from tests.hostile.inputs import attacks
from tests.hostile.server import running
from tests.hostile.siege import ORPHANS, besiege, is_well
from tests.services.servers import Postgres

_BOSS = """
from pathlib import Path
from django.conf import settings
from django.contrib.auth.models import User
from tests.support.versions import make_version_folder
from classifier.versions.registry import register_version
User.objects.create_superuser("boss", password="an odd one")
folder = make_version_folder(Path(settings.CLASSIFIER_ROOT) / "versions", "tiny")
print(register_version(folder).pk)
"""
_ENTRIES = """
import json
from converter.models import AuditEntry
print(json.dumps([[e.user, e.action, e.source, e.values] for e in AuditEntry.objects.all()]))
"""
_SERVING = """
from classifier.models import ModelVersion
print(*ModelVersion.objects.filter(stage="production").values_list("pk", flat=True))
"""


class SkirmishTests(SimpleTestCase):
    def fight(self, server, chosen):
        report = besiege(server, chosen, timed=False)
        self.assertEqual(report.failures, [])
        self.assertEqual(server.shell(ORPHANS), "0")
        self.assertEqual(is_well(server), [])

    def test_every_ninth_attack_is_answered_and_the_server_stays_well(self):
        with running(SIGN_IN_ATTEMPTS="1000") as server:
            self.fight(server, attacks()[::9])


class PostgresTests(SkirmishTests):
    """What PostgreSQL takes otherwise than SQLite: zero characters, large numbers, aborted work."""

    def setUp(self):
        folder = self.enterContext(tempfile.TemporaryDirectory(prefix="services-"))
        postgres = Postgres(folder).create()
        self.addCleanup(postgres.stop)
        postgres.start()
        self.server = self.enterContext(running(SIGN_IN_ATTEMPTS="1000", DATABASE_URL=postgres.url))

    def test_every_ninth_attack_is_answered_and_the_server_stays_well(self):
        self.fight(self.server, attacks()[4::9])

    def test_a_promotion_with_a_zero_character_is_noted_as_any_other(self):
        version = self.server.shell(_BOSS)
        with httpx.Client(base_url=self.server.address, timeout=30) as client:
            self.post(client, "/accounts/login/", username="boss", password="an odd one")
            path = f"/dashboard/versions/{version}/promote/"
            answer = self.post(client, path, x="a\x00b", reason="b\x00c")
        self.assertLess(answer.status_code, 400, answer.text)
        self.assertEqual(self.server.shell(_SERVING), version)
        entries = self.server.shell(_ENTRIES)
        self.assertRegex(entries, r'\["boss", "[^"]*", "127.0.0.1", \{[^}]*"x": "a.{1,6}b"')

    def post(self, client, path, **data):
        page = client.get("/accounts/login/").text
        found = re.search(r'csrfmiddlewaretoken" value="(\w+)"', page)
        token = found[1] if found else client.cookies["csrftoken"]
        return client.post(path, data=data, headers={"X-CSRFToken": token})
