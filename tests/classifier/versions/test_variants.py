from unittest import mock

from django.test import TestCase
from django.urls import reverse

from classifier.evaluation.cost import FreshProcess
from classifier.inference.engine import Engine
from classifier.inference.manifest import sha256_of, sha256_of_manifest
from classifier.models import ModelVariant, ModelVersion
from classifier.versions import router_fitting as routing
from classifier.versions import variants
from classifier.versions.origin import VariantError
from classifier.versions.registry import VersionError, update_manifest
from classifier.versions.router_fitting import measure_and_route
from tests.support.builders import TemporaryRoot, make_admin, make_dataset, make_version
from tests.support.work import taken

Kind = ModelVariant.Kind


class VariantTests(TemporaryRoot, TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.dataset = make_dataset()

    def setUp(self):
        dataset = {"fingerprint": self.dataset.fingerprint}
        self.version = make_version(self._testMethodName[-60:], dataset=dataset)
        patch = mock.patch(
            "classifier.evaluation.cost.fresh_process", return_value=FreshProcess(0.5, 90.0)
        )
        patch.start()
        self.addCleanup(patch.stop)

    def test_it_stores_a_row_per_variant_and_serves_the_smallest_good_one(self):
        rows = {row.kind: row for row in variants.measure_variants(self.version)}
        self.assertEqual(set(rows), {Kind.ORIGINAL, Kind.WEIGHTS, Kind.STATIC})  # has no weights
        count = self.dataset.samples.filter(split="val").count()
        for row in rows.values():
            self.assertEqual((row.sample_count, row.agreement), (count, 1.0))
            self.assertGreater(row.ms_one, 0)
        self.version.refresh_from_db()
        file = self.version.manifest["onnx"]
        served = next(row for row in rows.values() if row.file == file)
        self.assertLessEqual(served.bytes, 1.1 * min(row.bytes for row in rows.values()))
        engine = Engine.load(self.version.folder)  # checks the hash
        self.assertEqual(engine.manifest.onnx, served.file)
        self.assertEqual(self.version.manifest_sha256, sha256_of_manifest(self.version.folder))

    def test_measuring_again_replaces_rows_and_files(self):
        variants.measure_variants(self.version)
        stale = dict.fromkeys(["model-int8-weights.onnx", "model-int8-static.onnx"], b"old")
        for name, content in stale.items():
            if name != self.version.manifest["onnx"]:
                (self.version.folder / name).write_bytes(content)
        variants.measure_variants(ModelVersion.objects.get(pk=self.version.pk))
        self.assertEqual(self.version.variants.count(), 3)
        Engine.load(self.version.folder)

    def test_a_bundled_version_keeps_its_files(self):
        self.version.bundled = True
        with self.assertRaisesRegex(VersionError, "belong to the program"):
            update_manifest(self.version, mock.Mock(), self.version.folder)

    def test_without_its_dataset_nothing_is_measured(self):
        other = make_version("elsewhere", dataset={"fingerprint": "0" * 64})
        before = sha256_of(other.folder / "manifest.json")
        with self.assertRaisesRegex(VariantError, "not here"):
            variants.measure_variants(other)
        self.assertEqual(sha256_of(other.folder / "manifest.json"), before)

    def test_the_fitted_router_lies_in_the_manifest(self):
        fitted = routing.fit_router(self.version)
        engine = Engine.load(self.version.folder)
        self.assertEqual(engine.manifest.routing, fitted.routing)
        self.assertAlmostEqual(sum(part["share"] for part in fitted.report["parts"]), 1)
        self.assertEqual(engine.manifest.metrics[routing.REPORT], fitted.report)

    def test_the_page_says_what_to_do_and_then_shows_the_figures(self):
        self.client.force_login(make_admin())
        address = reverse("dashboard:variants", args=[self.version.pk])
        self.assertContains(self.client.get(address), "Not measured yet")
        measure_and_route(self.version)
        page = self.client.get(address)
        self.assertContains(page, "weights stored in 8 bits")
        self.assertContains(page, "the rules alone")

    def test_a_click_gives_the_work_to_a_worker(self):
        self.client.force_login(make_admin())
        address = reverse("dashboard:variants_measure", args=[self.version.pk])
        with (
            taken() as send,
            self.captureOnCommitCallbacks(execute=True),
        ):
            self.assertRedirects(
                self.client.post(address), reverse("dashboard:variants", args=[self.version.pk])
            )
        send.assert_called_once_with("variants", self.version.measurements.get().pk)
