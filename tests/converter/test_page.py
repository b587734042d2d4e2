import io
import os
import tempfile
import zipfile
from datetime import timedelta
from io import StringIO
from pathlib import Path
from unittest import mock

import httpx
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client, TestCase, override_settings
from django.utils import timezone

from converter.models import Conversion
from converter.presets import PRESETS
from converter.tasks import delete_expired_conversions, delete_ownerless_media
from converter.tracing import TracingError
from tests.converter.classifier import classifier_down, classifier_says, client
from tests.converter.images import encoded, logo

API = "/api/v1/conversions/"


def upload(content=None, name="my logo.png"):
    return SimpleUploadedFile(name, content or encoded(logo()), "image/png")


class PageTest(TestCase):
    def convert(self, file=None):
        return self.client.post("/", {"image": file or upload()}, follow=True)

    def test_it_invites_to_upload(self):
        self.assertContains(self.client.get("/"), "choose files")

    def test_it_shows_type_preset_and_figures(self):
        with classifier_says("text", 0.91):
            response = self.convert()
        for part in ("my logo.png", "The classifier says text (91% sure).", "Fidelity", "v1"):
            self.assertContains(response, part)
        self.assertEqual(Conversion.objects.get().preset, "text")
        for preset in PRESETS.values():
            self.assertContains(response, f"<b>{preset.name}</b>: {preset.summary}")

    def test_it_says_when_the_classifier_is_away(self):
        with classifier_down():
            self.assertContains(self.convert(), "The classifier gave no answer")

    def correct(self, **values):
        with classifier_says("text"):
            self.convert()
        found = Conversion.objects.get()
        response = self.client.post(f"/conversions/{found.pk}/correct/", values, follow=True)
        found.refresh_from_db()
        return found, response

    def test_a_corrected_type_is_kept_and_drawn(self):
        found, response = self.correct(true_type="gradient")
        self.assertEqual((found.true_type, found.logo_type), ("gradient", "text"))
        self.assertEqual((found.preset, found.corrected), ("gradient", True))
        self.assertContains(response, "You said that it is")
        self.assertIsNone(found.shared_at)

    def test_nobody_is_asked_for_consent_unless_the_site_collects_logos(self):
        _, response = self.correct(true_type="gradient", consent="on")
        self.assertNotContains(response, "may keep this logo")
        self.assertIsNone(Conversion.objects.get().shared_at)

    @override_settings(CONVERTER_OFFER_PROPOSALS=True)
    def test_a_logo_is_given_to_the_data_set_with_consent_alone(self):
        with mock.patch("converter.routing.GuardedClient.propose") as propose:
            found, response = self.correct(true_type="gradient")
            propose.assert_not_called()
            self.assertContains(response, "may keep this logo")
            values = {"true_type": "simple", "consent": "on"}
            response = self.client.post(f"/conversions/{found.pk}/correct/", values, follow=True)
        (content, true_type, answered), _ = propose.call_args
        self.assertEqual((true_type, answered), ("simple", "text"))
        self.assertTrue(content.startswith(b"\x89PNG"))
        self.assertContains(response, "gave it to the data set")

    @override_settings(CONVERTER_OFFER_PROPOSALS=True)
    def test_a_refused_gift_is_told_and_the_correction_stays(self):
        def refuse(request):
            problem = {"status": 403, "detail": "It collects no logos.", "errors": {}}
            return httpx.Response(403, json=problem)

        with mock.patch(
            "converter.pages.conversions.classifier_client", return_value=client(refuse)
        ):
            found, response = self.correct(true_type="gradient", consent="on")
        self.assertContains(response, "was not given to the data set: It collects no logos.")
        self.assertEqual((found.true_type, found.shared_at), ("gradient", None))

    def test_an_unknown_type_is_refused(self):
        found, response = self.correct(true_type="banana")
        self.assertEqual((response.status_code, found.true_type), (422, ""))

    def test_another_preset_draws_again(self):
        with classifier_says("text"):
            self.convert()
        found = Conversion.objects.get()
        before = found.svg.name
        with self.captureOnCommitCallbacks(execute=True):
            response = self.client.post(
                f"/conversions/{found.pk}/retrace/", {"preset": "complex"}, follow=True
            )
        self.assertContains(response, "You chose the complex preset.")
        found.refresh_from_db()
        self.assertEqual((found.preset, found.corrected, found.width), ("complex", True, 128))
        self.assertEqual(found.logo_type, "text")
        self.assertTrue(found.svg.storage.exists(found.svg.name))
        self.assertFalse(before != found.svg.name and found.svg.storage.exists(before))

    def test_the_drawing_can_do_nothing(self):
        with classifier_says("simple"):
            self.convert()
        found = Conversion.objects.get()
        response = self.client.get(f"/conversions/{found.pk}/drawing.svg?download")
        self.assertEqual(response["Content-Type"], "image/svg+xml")
        self.assertIn("default-src 'none'", response["Content-Security-Policy"])
        self.assertIn("sandbox", response["Content-Security-Policy"])
        self.assertNotIn("'self'", response["Content-Security-Policy"])
        self.assertEqual(response["X-Content-Type-Options"], "nosniff")
        self.assertEqual(response["Content-Disposition"], 'attachment; filename="my-logo.svg"')

    def test_the_upload_is_kept_and_served_only_as_a_plain_png(self):
        content = encoded(logo().convert("RGB"), "JPEG") + b"<script>alert(1)</script>"
        with classifier_says("simple"):
            self.convert(upload(content, "../../evil.html"))
        found = Conversion.objects.get()
        response = self.client.get(f"/conversions/{found.pk}/original.png")
        served = b"".join(response.streaming_content)
        self.assertEqual(response["Content-Type"], "image/png")
        self.assertTrue(served.startswith(b"\x89PNG"))
        self.assertNotIn(b"script", served)
        self.assertNotIn("evil", found.original.name)

    @override_settings(CONVERTER_MAX_UPLOAD_BYTES=100)
    def test_a_file_over_the_limit_is_refused(self):
        self.assertContains(self.convert(), "Send a smaller one", status_code=422)

    def test_a_failing_tracer_is_a_message(self):
        failing = mock.patch("converter.conversion.trace", side_effect=TracingError("It stopped."))
        with classifier_says("simple"), failing:
            self.assertContains(self.convert(), "It stopped.", status_code=422)

    def test_recent_drawings_make_a_zip_for_their_visitor_alone(self):
        with classifier_says("simple"):
            self.convert()
            self.convert()
        self.assertContains(self.client.get("/"), "Download all")
        archive = zipfile.ZipFile(io.BytesIO(self.client.get("/conversions.zip").getvalue()))
        self.assertEqual(sorted(archive.namelist()), ["my-logo-2.svg", "my-logo.svg"])
        self.assertIn(b"<svg", archive.read("my-logo.svg"))
        stranger = Client().get("/conversions.zip").getvalue()
        self.assertEqual(zipfile.ZipFile(io.BytesIO(stranger)).namelist(), [])

    def test_an_empty_form_says_what_to_do(self):
        self.assertContains(self.client.post("/"), "Choose an image file", status_code=422)


class OwnerTest(TestCase):
    def test_others_see_nothing(self):
        with classifier_says("simple"):
            self.client.post("/", {"image": upload()})
        pk = Conversion.objects.get().pk
        paths = (
            f"/conversions/{pk}/",
            f"/conversions/{pk}/drawing.svg",
            f"/conversions/{pk}/original.png",
            f"{API}{pk}/",
            f"{API}{pk}/svg/",
        )
        stranger = Client()
        for path in paths:
            with self.subTest(path):
                self.assertEqual(self.client.get(path).status_code, 200)
                self.assertEqual(stranger.get(path).status_code, 404)
        retrace = stranger.post(f"/conversions/{pk}/retrace/", {"preset": "text"})
        self.assertEqual(retrace.status_code, 404)
        self.assertNotContains(stranger.get("/"), str(pk))


class ApiTest(TestCase):
    def test_it_converts_and_hands_out_the_svg(self):
        with classifier_says("complex"):
            response = self.client.post(API, {"image": upload()})
        self.assertEqual(response.status_code, 201)
        body = response.json()
        self.assertEqual((body["logo_type"], body["preset"]), ("complex", "complex"))
        self.assertEqual(self.client.get(f"{API}{body['id']}/").json(), body)
        svg = self.client.get(body["svg"]).content
        self.assertIn(b'viewBox="0 0 128 128"', svg)

    def test_the_smallest_and_the_largest_sizes_keep_their_shape(self):
        for size in ((16, 16), (16, 4), (500, 8), (8_000, 60), (60, 8_000)):
            with self.subTest(size), classifier_says("simple"):
                image = logo().resize(size)
                body = self.client.post(API, {"image": upload(encoded(image))}).json()
                self.assertEqual((body["width"], body["height"]), size)
                svg = self.client.get(body["svg"]).content.decode()
                self.assertIn(f'width="{size[0]}" height="{size[1]}"', svg)

    def test_its_options_replace_the_classifier(self):
        with classifier_down():
            for options in ({"preset": "text"}, {"logo_type": "text"}):
                body = self.client.post(API, {"image": upload(), **options}).json()
                self.assertEqual((body["preset"], body["notice"]), ("text", ""))

    def test_it_refuses_bad_options(self):
        for options in ({"preset": "x"}, {"preset": "text", "logo_type": "text"}):
            response = self.client.post(API, {"image": upload(), **options})
            self.assertEqual(response.status_code, 400)


class ExpiryTest(TestCase):
    def test_old_conversions_go_with_their_files(self):
        with classifier_says("simple"):
            self.client.post("/", {"image": upload()})
            self.client.post("/", {"image": upload()})
        old, young = Conversion.objects.order_by("created_at")
        old.created_at = timezone.now() - timedelta(days=settings.CONVERSION_DAYS, minutes=1)
        old.save(update_fields=["created_at"])
        delete_expired_conversions()
        self.assertEqual(list(Conversion.objects.all()), [young])
        self.assertFalse(old.svg.storage.exists(f"conversions/{old.pk}/original.png"))
        self.assertTrue(young.svg.storage.exists(young.svg.name))


class OwnerlessTest(TestCase):
    def test_files_without_a_row_go_once_they_are_old(self):
        with classifier_says("simple"):
            self.client.post("/", {"image": upload()})
        kept = Conversion.objects.get()
        paths = [default_storage.save(f"conversions/{n}/drawing.svg", upload()) for n in "ab"]
        folder = Path(settings.MEDIA_ROOT)
        old = (timezone.now() - timedelta(days=settings.CONVERSION_DAYS + 1)).timestamp()
        for name in (paths[0], kept.svg.name):
            os.utime(folder / name, (old, old))
        delete_ownerless_media()
        self.assertEqual([(folder / path).exists() for path in paths], [False, True])
        self.assertTrue((folder / kept.svg.name).exists())


class CommandTest(TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.source = self.folder / "logo.png"
        self.source.write_bytes(encoded(logo()))

    def test_it_writes_one_file(self):
        out = StringIO()
        with classifier_says("simple"):
            call_command("convert", self.source, output=self.folder / "a.svg", jobs=1, stdout=out)
        self.assertIn("<svg", (self.folder / "a.svg").read_text())
        self.assertIn("simple, fidelity", out.getvalue())

    def test_it_goes_on_after_an_unreadable_file_and_fails_at_the_end(self):
        broken = self.folder / "broken.png"
        broken.write_bytes(b"nothing")
        errors, target = StringIO(), self.folder / "out"
        with classifier_says("simple"), self.assertRaisesMessage(CommandError, "1 of 2"):
            call_command(
                "convert", broken, self.source, out=target, jobs=1, stderr=errors, stdout=StringIO()
            )
        self.assertIn("not a PNG", errors.getvalue())
        self.assertEqual([path.name for path in target.iterdir()], ["logo.svg"])
