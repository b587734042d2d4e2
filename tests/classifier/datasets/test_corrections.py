import tempfile
from datetime import UTC, datetime
from pathlib import Path

from django.test import TestCase

from classifier.datasets.corrections import (
    REVIEWED,
    CorrectionsError,
    export_file,
    import_file,
    labels,
    read,
)
from classifier.models import LabelCorrection

HEADER = "sha256,label,measured_label,note,corrected_by,corrected_at\n"


class CorrectionsTests(TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "corrections.csv"

    def test_what_is_exported_can_be_imported(self):
        LabelCorrection.objects.create(
            sha256="ab" * 32, label="text", measured_label="simple", note="a, b", corrected_by="ann"
        )
        export_file(self.path)
        before = LabelCorrection.objects.values().get()
        LabelCorrection.objects.all().delete()
        self.assertEqual(import_file(self.path), 1)
        after = LabelCorrection.objects.values().get()
        self.assertEqual(before | {"id": 0}, after | {"id": 0})

    def test_an_older_correction_does_not_replace_a_newer_one(self):
        self.path.write_text(f"{HEADER}{'ab' * 32},text,simple,,ann,2020-01-01T00:00:00+00:00\n")
        LabelCorrection.objects.create(
            sha256="ab" * 32,
            label="complex",
            corrected_by="bob",
            corrected_at=datetime(2024, 1, 1, tzinfo=UTC),
        )
        self.assertEqual(import_file(self.path), 0)
        self.assertEqual(LabelCorrection.objects.get().label, "complex")

    def test_a_damaged_file_names_the_line(self):
        self.path.write_text(f"{HEADER}{'ab' * 32},shiny,,,ann,2020-01-01\n")
        with self.assertRaisesMessage(CorrectionsError, "line 2"):
            read(self.path)
        self.path.write_text("sha256,label\n")
        with self.assertRaisesMessage(CorrectionsError, "no column"):
            read(self.path)

    def test_the_file_of_the_repository_is_sound_and_the_database_wins(self):
        reviewed = read(REVIEWED)
        self.assertEqual(len({row["sha256"] for row in reviewed}), len(reviewed))
        self.assertTrue(all(len(row["sha256"]) == 64 for row in reviewed))
        sha256 = reviewed[0]["sha256"]
        LabelCorrection.objects.create(sha256=sha256, label="gradient", corrected_by="ann")
        self.assertEqual(labels()[sha256], "gradient")
