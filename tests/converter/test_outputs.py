"""Taking drawings away: from the page, the API, a batch and the command line."""

import io
import tempfile
import zipfile
from io import StringIO
from pathlib import Path

from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.test import Client, TestCase, override_settings
from ezdxf import recover
from PIL import Image

from converter.conversion import Result
from converter.images import Logo
from converter.models import Batch, BatchItem, Conversion, store_conversion
from converter.outputs.formats import FORMATS
from converter.svg import Drawing
from tests.converter.classifier import classifier_says
from tests.converter.images import encoded, logo
from tests.converter.outputs.drawings import FLAT, RICH

STARTS = {
    "svg": b"<svg", "svg-layers": b"<svg", "pdf": b"%PDF", "eps": b"%!PS-Adobe-3.0 EPSF",
    "png": b"\x89PNG", "dxf": b"  0\n",
}  # fmt: skip


class StoredCase(TestCase):
    """A visitor with one conversion, whose drawing is given."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        media = override_settings(MEDIA_ROOT=folder.name)
        media.enable()
        self.addCleanup(media.disable)
        self.client.get("/")
        session = self.client.session
        session["visitor"] = "6a1d9a0e-0000-4000-8000-000000000001"
        session.save()
        self.visitor = session["visitor"]
        self.found = self.store("my logo.png", RICH)

    def store(self, name, svg):
        result = Result(Drawing(svg, 1, 1), "simple", "", 0.9, None, "")
        image = logo()
        return store_conversion(self.visitor, name, Logo(image, 256, 128, False), result, False)


class PageTests(StoredCase):
    def get(self, query):
        return self.client.get(f"/conversions/{self.found.pk}/file/?{query}")

    def test_every_format_is_a_file_named_after_the_upload(self):
        for name, output in FORMATS.items():
            with self.subTest(name):
                response = self.get(f"format={name}")
                self.assertTrue(response.content.startswith(STARTS[name]))
                self.assertEqual(response["Content-Type"], output.media_type)
                disposition = f'attachment; filename="my-logo{output.suffix}"'
                self.assertEqual(response["Content-Disposition"], disposition)
                self.assertIn("sandbox", response["Content-Security-Policy"])

    def test_options_reach_the_file(self):
        image = Image.open(io.BytesIO(self.get("format=png&size=77").content))
        self.assertEqual(image.size, (77, 39))
        document, _ = recover.read(io.BytesIO(self.get("format=dxf&width_mm=85").content))
        disc = document.modelspace().query("CIRCLE").first
        self.assertAlmostEqual(disc.dxf.radius, 900 / 4096 * 85)

    def test_what_is_wrong_is_told_on_a_page(self):
        for query, words in (
            ("format=gif", "gif is not one of the available choices"),
            ("format=png&size=99999", "less than or equal to 8192"),
            ("format=png&size=x", "Enter a whole number"),
            ("format=png&background=nonsense", "give a colour such as #ffffff"),
            ("format=dxf&width_mm=0", "greater than or equal to 1"),
        ):
            with self.subTest(query):
                self.assertContains(self.get(query), words, status_code=400)

    def test_others_get_nothing(self):
        path = f"/conversions/{self.found.pk}/"
        self.assertEqual(Client().get(f"{path}file/?format=pdf").status_code, 404)
        self.assertEqual(Client().post(f"{path}delete/").status_code, 404)
        self.assertTrue(Conversion.objects.exists())

    def test_a_conversion_is_deleted_at_once_with_its_files(self):
        files = [self.found.original, self.found.svg]
        page = self.client.post(f"/conversions/{self.found.pk}/delete/", follow=True)
        self.assertContains(page, "my logo.png is deleted")
        self.assertFalse(Conversion.objects.exists())
        self.assertFalse(any(file.storage.exists(file.name) for file in files))

    def test_the_zip_has_every_format_asked_for(self):
        self.store("my logo.png", FLAT)
        response = self.client.get("/conversions.zip?format=pdf&format=svg-layers")
        names = zipfile.ZipFile(io.BytesIO(response.getvalue())).namelist()
        self.assertEqual(
            sorted(names),
            ["my-logo-2-layers.svg", "my-logo-2.pdf", "my-logo-layers.svg", "my-logo.pdf"],
        )

    def test_a_drawing_that_cannot_be_written_leaves_a_note_in_the_zip(self):
        self.found.svg.save("drawing.svg", ContentFile(b"<svg><image/></svg>"))
        archive = zipfile.ZipFile(
            io.BytesIO(self.client.get("/conversions.zip?format=pdf").getvalue())
        )
        self.assertIn("cannot be given as pdf", archive.read("NOT MADE.txt").decode())


class ApiTests(StoredCase):
    def get(self, query):
        return self.client.get(f"/api/v1/conversions/{self.found.pk}/file/?{query}")

    def test_the_address_says_the_format(self):
        for name in FORMATS:
            with self.subTest(name):
                self.assertTrue(self.get(f"format={name}").content.startswith(STARTS[name]))
        self.assertTrue(self.get("").content.startswith(b"<svg"))

    def test_what_is_wrong_is_told_by_field(self):
        for query, field in (
            ("format=gif", "format"), ("format=png&size=0", "size"),
            ("format=png&background=nonsense", "background"), ("width_mm=-1", "width_mm"),
        ):  # fmt: skip
            with self.subTest(query):
                response = self.get(query)
                self.assertEqual(response.status_code, 400)
                self.assertEqual(list(response.json()["errors"]), [field])

    def test_a_conversion_is_deleted(self):
        path = f"/api/v1/conversions/{self.found.pk}/"
        self.assertEqual(Client().delete(path).status_code, 404)
        self.assertEqual(self.client.delete(path).status_code, 204)
        self.assertEqual(self.client.get(path).status_code, 404)

    def test_a_batch_gives_its_zip_in_formats(self):
        batch = Batch.objects.create(visitor=self.visitor)
        BatchItem.objects.create(
            batch=batch, position=0, name="a.png", status="done", conversion=self.found
        )
        query = "format=eps&format=dxf&width_mm=20"
        response = self.client.get(f"/api/v1/batches/{batch.pk}/zip/?{query}")
        names = zipfile.ZipFile(io.BytesIO(response.getvalue())).namelist()
        self.assertEqual(names, ["my-logo.eps", "my-logo.dxf"])
        wrong = self.client.get(f"/api/v1/batches/{batch.pk}/zip/?format=gif")
        self.assertEqual((wrong.status_code, list(wrong.json()["errors"])), (400, ["format"]))

    def test_the_schema_tells_the_ranges(self):
        schema = self.client.get("/api/schema/?format=json", headers={"accept": "application/json"})
        path = "/api/v1/conversions/{id}/file/"
        parameters = schema.json()["paths"][path]["get"]["parameters"]
        size = next(p for p in parameters if p["name"] == "size")["schema"]
        self.assertEqual((size["minimum"], size["maximum"], size["default"]), (1, 8192, 1024))


class CommandTests(TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.source = self.folder / "logo.png"
        self.source.write_bytes(encoded(logo()))

    def run_command(self, **options):
        with classifier_says("simple"):
            call_command("convert", self.source, jobs=1, stdout=StringIO(), **options)

    def test_the_suffix_says_the_format(self):
        for suffix, start in ((".pdf", b"%PDF"), (".PNG", b"\x89PNG"), (".dxf", b"  0\n")):
            target = self.folder / f"out{suffix}"
            self.run_command(output=target)
            self.assertTrue(target.read_bytes().startswith(start))

    def test_several_formats_go_to_a_folder(self):
        self.run_command(out=self.folder / "out", formats=["svg", "svg-layers", "eps"])
        names = sorted(path.name for path in (self.folder / "out").iterdir())
        self.assertEqual(names, ["logo-layers.svg", "logo.eps", "logo.svg"])

    def test_wrong_options_are_told_before_anything_is_converted(self):
        for options, words in (
            ({"output": self.folder / "a.gif"}, "no format has the suffix .gif"),
            ({"output": self.folder / "a.svg", "formats": ["svg", "pdf"]}, "one format"),
            ({"output": self.folder / "a.png", "size": 0}, "size is 0"),
        ):
            with self.subTest(words), self.assertRaisesMessage(CommandError, words):
                self.run_command(**options)
