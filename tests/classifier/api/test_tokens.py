from datetime import timedelta
from io import StringIO

from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import TestCase, override_settings
from django.urls import reverse
from django.utils import timezone

from classifier.accounts.tokens import create_token
from classifier.models import ApiToken, TrainingRun
from converter.models import AuditEntry, Conversion
from tests.converter.classifier import classifier_says
from tests.converter.test_page import upload
from tests.support.builders import TemporaryRoot, make_dataset

RUNS = "/api/v1/runs/"


class TokenTests(TemporaryRoot, TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.user = User.objects.create_superuser("robot")

    def header(self, *scopes, **options):
        self.token, self.key = create_token(self.user, "a program", scopes, **options)
        return {"HTTP_AUTHORIZATION": f"Bearer {self.key}"}

    def test_only_the_hash_of_the_key_is_stored(self):
        self.header("read")
        stored = str(ApiToken.objects.values().get())
        self.assertNotIn(self.key, stored)
        self.assertNotIn(self.key.removeprefix("logo_"), stored)

    def test_reading_takes_its_scope(self):
        self.assertEqual(self.client.get(RUNS, **self.header("read")).status_code, 200)
        answer = self.client.get(RUNS, **self.header("convert"))
        self.assertEqual((answer.status_code, answer.json()["detail"]), (
            403, "The token lacks the scope read.",
        ))  # fmt: skip

    def test_changing_takes_its_scope_and_is_audited_as_the_user(self):
        run = TrainingRun.objects.create(dataset=make_dataset(), config={})
        address = f"{RUNS}{run.pk}/cancel/"
        read, manage = self.header("read"), self.header("manage", "read")
        self.assertEqual(self.client.post(address, **read).status_code, 403)
        self.assertEqual(self.client.post(address, **manage).status_code, 200)
        self.assertEqual(AuditEntry.objects.get().user, "robot")

    def test_what_opens_nothing_any_more(self):
        ended = self.header("read", days=1)
        ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        revoked = self.header("read")
        ApiToken.objects.filter(pk=self.token.pk).update(revoked_at=timezone.now())
        for header in (ended, revoked, {"HTTP_AUTHORIZATION": "Bearer nonsense"},
                       {"HTTP_AUTHORIZATION": "Bearer"}):  # fmt: skip
            answer = self.client.get(RUNS, **header)
            self.assertIn("unknown, expired or revoked", answer.json()["detail"])
        header = self.header("read")
        User.objects.update(is_active=False)
        self.assertIn(self.client.get(RUNS, **header).status_code, (401, 403))

    def test_a_conversion_belongs_to_the_token_that_made_it(self):
        mine, other = self.header("convert"), self.header("convert")
        with classifier_says("text"):
            answer = self.client.post("/api/v1/conversions/", {"image": upload()}, **mine)
        self.assertEqual(answer.status_code, 201)
        address = f"/api/v1/conversions/{Conversion.objects.get().pk}/"
        self.client.cookies.clear()
        self.assertEqual(self.client.get(address, **mine).status_code, 200)
        self.assertEqual(self.client.get(address, **other).status_code, 404)
        self.assertEqual(self.client.get(address).status_code, 404)

    @override_settings(CLASSIFIER_ANONYMOUS_RATE="1/day", CLASSIFIER_USER_RATE="3/day")
    def test_a_tokens_user_has_a_limit_of_their_own(self):
        cache.clear()
        self.addCleanup(cache.clear)
        header = self.header("convert")
        answers = [self.client.post("/api/v1/classify/", {}, **header) for _ in range(4)]
        self.assertEqual([answer.status_code for answer in answers], [400, 400, 400, 429])
        self.assertGreater(int(answers[-1].headers["Retry-After"]), 0)
        self.assertEqual(self.client.post("/api/v1/classify/", {}).status_code, 400)
        self.assertEqual(self.client.post("/api/v1/classify/", {}).status_code, 429)

    def test_the_command_prints_a_key_that_works(self):
        out = StringIO()
        call_command("create_token", "robot", "nightly", "--scope", "read", stdout=out)
        header = {"HTTP_AUTHORIZATION": f"Bearer {out.getvalue().strip()}"}
        self.assertEqual(self.client.get(RUNS, **header).status_code, 200)
        with self.assertRaisesMessage(CommandError, "no user 'nobody'"):
            call_command("create_token", "nobody", "x")

    def test_the_admin_shows_the_key_once_and_revokes(self):
        self.client.force_login(self.user)
        values = {"user": self.user.pk, "name": "x", "scopes": ["convert", "read"], "days": 30}
        page = self.client.post("/admin/classifier/apitoken/add/", values, follow=True)
        self.assertContains(page, "shown this once: logo_")
        token = ApiToken.objects.get()
        self.assertEqual(token.scopes, ["convert", "read"])
        self.assertNotContains(self.client.get("/admin/classifier/apitoken/"), "logo_")
        self.assertNotIn("logo_", str(list(AuditEntry.objects.values())))
        address = reverse("admin:classifier_apitoken_revoke", args=[token.pk])
        self.client.get(address)
        token.refresh_from_db()
        self.assertTrue(token.is_valid)  # opening the dialog changes nothing
        self.client.post(address, {"_form_submitted": "True"})
        token.refresh_from_db()
        self.assertFalse(token.is_valid)
