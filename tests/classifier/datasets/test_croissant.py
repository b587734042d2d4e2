import hashlib
import io
import json
import logging
import tempfile
import zipfile
from pathlib import Path

from django.test import TestCase

from classifier.datasets.corrections import correct
from classifier.datasets.exporting import export_folder, export_zip, zip_in_parts
from classifier.datasets.importing import import_archive, import_path
from tests.classifier.dashboard.test_pages import DashboardTestCase
from tests.support.builders import TemporaryRoot, make_dataset


class CroissantTests(TemporaryRoot, TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.dataset = make_dataset(4)

    def setUp(self):
        logging.disable(logging.WARNING)  # mlcroissant is talkative
        self.addCleanup(logging.disable, logging.NOTSET)
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory())) / "out"

    def test_mlcroissant_finds_no_fault_and_reads_every_logo(self):
        import mlcroissant

        export_folder(self.dataset, self.folder)
        found = mlcroissant.Dataset(self.folder / "croissant.json")
        self.assertEqual(found.metadata.issues.report(), "")
        rows = list(found.records("logos"))
        self.assertEqual(len(rows), self.dataset.samples.count())
        sample = self.dataset.samples.first()
        row = next(row for row in rows if row["logos/sha256"].decode() == sample.sha256)
        self.assertEqual(row["logos/label"].decode(), sample.label)
        self.assertEqual(row["logos/brand"].decode(), sample.brand)
        paths = {row["logos/path"] for row in rows}
        pictures = list(found.records("images"))
        self.assertEqual({picture["images/path"] for picture in pictures}, paths)
        self.assertGreater(min(picture["images/image"].width for picture in pictures), 0)

    def test_import_reads_it_back_with_the_same_fingerprint(self):
        export_folder(self.dataset, self.folder)
        again = import_path(self.folder, "again")
        self.assertEqual(again.fingerprint, self.dataset.fingerprint)
        sample = self.dataset.samples.order_by("sha256").first()
        copy = again.samples.get(sha256=sample.sha256)
        for name in ("label", "split", "brand", "package", "name", "background"):
            self.assertEqual(getattr(copy, name), getattr(sample, name), name)

    def test_a_correction_since_holds(self):
        export_folder(self.dataset, self.folder)
        sample = self.dataset.samples.filter(label="text").first()
        correct(sample, "ambiguous", "ann")
        copy = import_path(self.folder, "again").samples.get(sha256=sample.sha256)
        self.assertEqual((copy.label, copy.split), ("ambiguous", ""))

    def test_a_table_that_was_changed_is_not_believed(self):
        export_folder(self.dataset, self.folder)
        table = self.folder / "labels.csv"
        table.write_text(table.read_text().replace(",train,", ",test,"))
        again = import_path(self.folder, "again")
        self.assertGreater(again.samples.filter(split="train").count(), 0)
        self.assertNotEqual(again.fingerprint, self.dataset.fingerprint)

    def test_a_table_with_a_zero_character_is_not_believed_whatever_its_description_says(self):
        export_folder(self.dataset, self.folder)
        table, description = self.folder / "labels.csv", self.folder / "croissant.json"
        before = hashlib.sha256(table.read_bytes()).hexdigest()
        brand = self.dataset.samples.first().brand
        table.write_text(table.read_text().replace(f",{brand},", f",{brand}\0,"))
        after = hashlib.sha256(table.read_bytes()).hexdigest()
        description.write_text(description.read_text().replace(before, after))
        brands = import_path(self.folder, "again").samples.values_list("brand", flat=True)
        self.assertNotIn("\0", "".join(brands))

    def test_a_logo_that_was_added_makes_new_splits(self):
        export_folder(self.dataset, self.folder)
        source = next((self.folder / "text").iterdir())
        (self.folder / "text" / "added.png").write_bytes(source.read_bytes() + b"\0")
        again = import_path(self.folder, "again")
        self.assertEqual(again.samples.filter(package="import").count(), again.samples.count())

    def test_nonsense_in_its_place_is_left_alone(self):
        for content in (b"[]", b"{", b'{"distribution": 3}', b"\xff"):
            file = io.BytesIO()
            export_zip(self.dataset, file)
            kept = io.BytesIO()
            with zipfile.ZipFile(file) as archive, zipfile.ZipFile(kept, "w") as changed:
                for name in archive.namelist():
                    changed.writestr(
                        name, content if name == "croissant.json" else archive.read(name)
                    )
            again = import_archive(kept, f"again-{len(content)}-{content[:1].hex()}")
            self.assertEqual(again.samples.count(), self.dataset.samples.count())


class DownloadTests(DashboardTestCase):
    def test_a_dataset_downloads_with_its_description(self):
        answer = self.get("dataset_export", self.dataset.pk)
        content = io.BytesIO(b"".join(answer.streaming_content))
        with zipfile.ZipFile(content) as archive:
            self.assertIsNone(archive.testzip())
            described = json.loads(archive.read("croissant.json"))
            images = [name for name in archive.namelist() if name.endswith(".png")]
        self.assertEqual(described["name"], self.dataset.name)
        self.assertEqual(len(images), self.dataset.samples.count())

    def test_it_is_made_in_parts(self):
        parts = list(zip_in_parts(self.dataset))
        self.assertGreater(len(parts), self.dataset.samples.count())
