import csv
import io
import tempfile
import zipfile
from pathlib import Path

import numpy as np
from django.core.management import CommandError, call_command
from django.test import TestCase, override_settings
from PIL import Image

from classifier.datasets.building import build_synthetic
from classifier.datasets.errors import DatasetError
from classifier.datasets.exporting import ExportError, export_folder, export_zip
from classifier.datasets.importing import import_archive, import_path
from classifier.models import Dataset
from tests.classifier.data.logos import CIRCLE, svg


def png(number: int, side: int = 64) -> bytes:
    pixels = np.random.default_rng(number).integers(0, 255, (32, 32, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).resize((side, side), Image.Resampling.NEAREST).save(file, "PNG")
    return file.getvalue()


def archive_of(files: dict[str, bytes]) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    file.seek(0)
    return file


class ImportTestCase(TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        settings = override_settings(CLASSIFIER_ROOT=self.root / "var")
        settings.enable()
        self.addCleanup(settings.disable)


class ImportArchiveTests(ImportTestCase):
    def refusals(self, files: dict[str, bytes]) -> dict[str, int]:
        """Import the files beside a good one, and return what was dropped."""
        dataset = import_archive(archive_of({"simple/good.png": png(0)} | files), "imported")
        self.assertEqual(dataset.samples.count(), 1)
        return dataset.dropped

    def test_it_takes_images_and_vectors_by_class(self):
        files = {
            "logos/simple/one.png": png(1),
            "logos/text/two.png": png(2),
            "logos/gradient/three.svg": svg(CIRCLE).encode(),
            "logos/ambiguous/four.png": png(4),
            "logos/labels.csv": b"path,label",
            "__MACOSX/simple/._one.png": b"x",
        }
        dataset = import_archive(archive_of(files))
        self.assertEqual(dataset.source, Dataset.Source.FOLDER)
        labels = dict(dataset.samples.values_list("brand", "label"))
        self.assertEqual(
            labels, {"one": "simple", "two": "text", "three": "gradient", "four": "ambiguous"}
        )
        self.assertEqual(dataset.samples.get(label="ambiguous").split, "")
        self.assertEqual(dataset.dropped, {})
        vector = dataset.samples.get(label="gradient")
        self.assertEqual((dataset.folder / vector.source_path).read_text(), svg(CIRCLE))

    def test_paths_that_lead_outside_are_refused_by_name(self):
        dropped = self.refusals({"../simple/a.png": png(1), "/simple/b.png": png(2)})
        self.assertEqual(len(dropped), 2)
        self.assertTrue(any(name.startswith("../simple/a.png") for name in dropped))
        self.assertFalse((self.root / "simple").exists())

    def test_what_is_no_image_is_refused_by_name(self):
        dropped = self.refusals(
            {
                "simple/text.png": b"hello",
                "simple/cut.png": png(3)[:60],
                "simple/broken.svg": b"<svg",
                "simple/notes.txt": b"hello",
                "other/a.png": png(4),
            }
        )
        for name in ("text.png", "cut.png", "broken.svg", "notes.txt", "other/a.png"):
            self.assertTrue(any(name in reason for reason in dropped), name)

    @override_settings(CLASSIFIER_MAX_UPLOAD_BYTES=100_000)
    def test_a_file_that_unpacks_to_too_much_is_refused(self):
        dropped = self.refusals({"simple/bomb.png": b"\0" * 10_000_000})
        self.assertEqual(dropped, {"simple/bomb.png: the file is too large": 1})

    @override_settings(CLASSIFIER_MAX_PIXELS=10_000)
    def test_an_image_of_too_many_pixels_is_refused(self):
        dropped = self.refusals({"simple/large.png": png(1, side=400)})
        self.assertIn("simple/large.png", next(iter(dropped)))

    def test_the_same_file_counts_once(self):
        self.assertEqual(len(self.refusals({"text/again.png": png(0)})), 1)

    def test_a_file_that_is_no_zip_is_refused(self):
        with self.assertRaisesMessage(DatasetError, "not a readable zip"):
            import_archive(io.BytesIO(b"hello"))

    def test_an_empty_zip_is_refused(self):
        with self.assertRaisesMessage(DatasetError, "The zip is empty"):
            import_archive(archive_of({}))

    def test_a_file_without_a_real_name_is_refused_by_name(self):
        self.assertEqual(len(self.refusals({".": png(1)})), 1)

    def test_without_any_usable_logo_nothing_remains(self):
        with self.assertRaisesMessage(DatasetError, "simple/name.png"):
            import_archive(archive_of({"a.png": png(1)}))
        self.assertFalse(Dataset.objects.exists())

    def test_look_alikes_stay_in_one_split(self):
        files = {f"simple/brand{n}.png": png(n) for n in range(40)}
        files |= {f"text/twin{n}x.png": png(n, side=96) for n in range(40)}
        dataset = import_archive(archive_of(files))
        splits = {}
        for brand, split in dataset.samples.values_list("brand", "split"):
            splits.setdefault(brand, set()).add(split)
        self.assertEqual(len(splits), 40)
        self.assertTrue(all(len(found) == 1 for found in splits.values()))


class ImportFolderTests(ImportTestCase):
    def test_a_folder_comes_through_the_same_door(self):
        folder = self.root / "mine" / "complex"
        folder.mkdir(parents=True)
        (folder / "a.png").write_bytes(png(1))
        (folder / "outside.png").symlink_to("/etc/passwd")
        dataset = import_path(self.root / "mine", "mine")
        self.assertEqual(dataset.samples.get().label, "complex")
        self.assertIn("outside.png", next(iter(dataset.dropped)))

    def test_a_place_that_is_not_there_is_one_line(self):
        with self.assertRaisesMessage(CommandError, "There is no folder or zip file"):
            call_command("build_dataset", "--folder", str(self.root / "none"))


class ExportTests(ImportTestCase):
    def test_an_export_can_be_imported_again(self):
        dataset = build_synthetic("drawn", 3)
        file = io.BytesIO()
        self.assertEqual(export_zip(dataset, file), 12)
        again = import_archive(file)
        self.assertEqual(
            set(again.samples.values_list("sha256", "label")),
            set(dataset.samples.values_list("sha256", "label")),
        )

    def test_the_table_names_every_image(self):
        dataset = build_synthetic("drawn", 2)
        export_folder(dataset, self.root / "out")
        with (self.root / "out" / "labels.csv").open() as table:
            rows = list(csv.DictReader(table))
        self.assertEqual(len(rows), 8)
        for row in rows:
            self.assertTrue((self.root / "out" / row["path"]).is_file())
            self.assertEqual(row["path"].split("/")[0], row["label"])

    def test_the_vector_sources_come_along_as_they_were_rendered(self):
        folder = self.root / "mine" / "simple"
        folder.mkdir(parents=True)
        (folder / "open.svg").write_text(svg(CIRCLE.replace("#d33", "currentColor")))
        (folder / "drawn.png").write_bytes(png(1))
        import_path(self.root / "mine", "mine")
        call_command("export_dataset", "mine", "--vectors", "-o", str(self.root / "out"))
        with (self.root / "out" / "labels.csv").open() as table:
            sources = {row["brand"]: row["source"] for row in csv.DictReader(table)}
        self.assertEqual(sources["drawn"], "")
        source = (self.root / "out" / sources["open"]).read_text()
        self.assertNotIn("currentColor", source)

    def test_it_writes_over_nothing(self):
        with self.assertRaises(ExportError):
            export_folder(build_synthetic("drawn", 1), self.root)
