"""Files are written by another process, and not for ever."""

import random
import threading
from unittest import mock

from django.test import SimpleTestCase, TestCase

from converter import delivery
from converter.models import Conversion
from converter.outputs.formats import FORMATS, OutputError, OutputOptions, make
from converter.outputs.guarded import WritersBusyError, make_guarded, writers
from converter.outputs.writer import _EVERYTHING
from tests.converter.classifier import classifier_says
from tests.converter.test_page import upload

OPTIONS = OutputOptions(title="A logo")


def complicated(size):
    """A drawing of so many bytes, as of a photograph."""
    chance = random.Random(1)

    def steps():
        return "".join("l{} {}".format(*chance.choices(range(9), k=2)) for _ in range(8))

    parts, length = [], 0
    while length < size:
        x, y, colour = chance.randrange(600), chance.randrange(600), chance.randrange(1 << 24)
        parts.append(f'<path fill="#{colour:06x}" d="M{x} {y}{steps()}z"/>')
        length += len(parts[-1])
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="640" height="640" viewBox="0 0 640 640">'
        f"{''.join(parts)}</svg>\n"
    )


class WriterTests(SimpleTestCase):
    @classmethod
    def tearDownClass(cls):
        writers.close()
        super().tearDownClass()

    def test_every_format_is_what_it_would_be_here(self):
        for name in FORMATS:
            here, there = make(_EVERYTHING, name, OPTIONS), make_guarded(_EVERYTHING, name, OPTIONS)
            self.assertEqual(here[:9], there[:9], name)
            self.assertAlmostEqual(len(here), len(there), delta=100, msg=name)
            if name in ("svg", "svg-layers", "eps", "png"):  # the others name their time
                self.assertEqual(here, there, name)

    def test_what_takes_too_long_is_refused_and_the_next_is_made(self):
        with self.assertRaisesMessage(OutputError, "too complicated for dxf"):
            make_guarded(complicated(2 * 2**20), "dxf", OPTIONS)
        self.assertTrue(make_guarded(complicated(5000), "dxf", OPTIONS))

    def test_what_is_no_drawing_of_ours_is_refused_as_before(self):
        with self.assertRaisesMessage(OutputError, "cannot be given as pdf"):
            make_guarded("<svg><text/></svg>", "pdf", OPTIONS)


class PlacesTests(TestCase):
    def setUp(self):
        with classifier_says("simple"):
            self.client.post("/", {"image": upload()})
        self.pk = Conversion.objects.get().pk
        places = threading.BoundedSemaphore(1)
        self.enterContext(mock.patch.object(delivery, "_places", places))
        self.enterContext(mock.patch.object(delivery, "_PLACE_SECONDS", 0.01))
        places.acquire()
        self.free = places.release

    def test_who_finds_no_place_is_told_to_come_back_and_an_svg_needs_none(self):
        for path in (
            f"/conversions/{self.pk}/file/?format=pdf", "/conversions.zip",
            f"/api/v1/conversions/{self.pk}/file/?format=png",
        ):  # fmt: skip
            response = self.client.get(path)
            self.assertContains(response, "Try again in 5 seconds", status_code=503)
            self.assertEqual(response["Retry-After"], "5")
        for path in (f"/conversions/{self.pk}/file/", f"/api/v1/conversions/{self.pk}/svg/"):
            self.assertEqual(self.client.get(path).status_code, 200)
        self.free()
        self.assertEqual(self.client.get("/conversions.zip").status_code, 200)

    def test_a_place_is_given_back_after_a_failure(self):
        self.free()
        for error in (OutputError("It is too complicated."), WritersBusyError()):
            with mock.patch("converter.delivery.make_guarded", side_effect=error):
                self.client.get(f"/conversions/{self.pk}/file/?format=pdf")
        self.assertEqual(self.client.get("/conversions.zip").status_code, 200)

    def test_a_zip_that_takes_too_long_holds_the_drawings_and_says_so(self):
        self.free()
        with mock.patch.object(delivery, "_ZIP_SECONDS", -1):
            response = self.client.get("/conversions.zip?format=svg&format=pdf")
        content = b"".join(response.streaming_content)
        self.assertIn(b"NOT MADE.txt", content)
        self.assertIn(b"logo.svg", content)
        self.assertNotIn(b"logo.pdf", content)
