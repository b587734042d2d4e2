import io
import shutil
import threading
from unittest import mock

from django.core.management import CommandError, call_command
from django.db import connection
from django.test import TestCase, TransactionTestCase

from classifier.inference.manifest import (
    CorruptModelError,
    IncompatibleModelError,
    MissingModelError,
    ModelError,
)
from classifier.live import serving
from classifier.models import Dataset, ModelVersion
from classifier.versions import promotion
from classifier.versions.promotion import (
    NoProductionVersionError,
    production_version,
    promote,
    put_in_production,
    retire,
)
from classifier.versions.registry import VersionError, register_version
from tests.support.serving import ServingCase, image_bytes
from tests.support.versions import make_graph, make_version_folder

Stage = ModelVersion.Stage


def stages():
    return dict(ModelVersion.objects.values_list("name", "stage"))


class RegisterTestCase(ServingCase, TestCase):
    def test_it_stores_a_candidate_that_points_to_the_folder(self):
        version = self.make_version("first")
        self.assertEqual(version.stage, Stage.CANDIDATE)
        self.assertEqual(version.folder, self.root / "versions" / "first")
        self.assertEqual(version.input_size, 32)

    def test_it_gives_the_same_row_for_the_same_folder(self):
        folder = self.make_version("first").folder
        self.assertEqual(register_version(folder).pk, ModelVersion.objects.get().pk)

    def test_it_refuses_a_changed_file(self):
        folder = make_version_folder(self.root, "changed")
        (folder / "model.onnx").write_bytes(b"something else")
        with self.assertRaises(CorruptModelError):
            register_version(folder)
        self.assertEqual(stages(), {})

    def test_it_refuses_another_version_of_the_same_name(self):
        self.make_version("first")
        other = make_version_folder(self.root / "elsewhere", "first", temperature=2.0)
        with self.assertRaisesMessage(VersionError, "another version with the name first"):
            register_version(other)

    def test_it_refuses_a_folder_outside_the_root(self):
        with mock.patch("django.conf.settings.CLASSIFIER_ROOT", self.root / "inner"):
            folder = make_version_folder(self.root / "outer")
            with self.assertRaisesMessage(VersionError, "not under CLASSIFIER_ROOT"):
                register_version(folder)


class PromoteTestCase(ServingCase, TestCase):
    def test_it_retires_the_version_before(self):
        self.serve("first")
        self.serve("second")
        self.assertEqual(stages(), {"first": Stage.RETIRED, "second": Stage.PRODUCTION})

    def test_it_stamps_the_time(self):
        self.assertIsNotNone(self.serve("first").promoted_at)

    def test_promoting_what_serves_changes_nothing(self):
        version = self.serve("first")
        since = version.promoted_at
        put_in_production(version)
        version.refresh_from_db()
        self.assertEqual((version.stage, version.promoted_at), (Stage.PRODUCTION, since))

    def test_it_refuses_a_version_whose_files_are_gone(self):
        self.serve("first")
        second = self.make_version("second")
        shutil.rmtree(second.folder)
        with self.assertRaises(MissingModelError):
            promote(second, None)
        self.assertEqual(stages(), {"first": Stage.PRODUCTION, "second": Stage.CANDIDATE})

    def test_it_refuses_a_graph_of_another_input_size(self):
        wrong = self.make_version("wrong", graph=make_graph(size=16))
        with self.assertRaises(IncompatibleModelError):
            promote(wrong, None)
        self.assertEqual(stages(), {"wrong": Stage.CANDIDATE})

    def test_only_a_candidate_retires(self):
        first = self.serve("first")
        second = self.make_version("second")
        retire(second)
        self.assertEqual(second.stage, Stage.RETIRED)
        with self.assertRaisesMessage(VersionError, "promote another one"):
            retire(first)


class ConcurrentPromotionTestCase(ServingCase, TransactionTestCase):
    def test_promotions_at_once_leave_exactly_one_in_production(self):
        candidates = [self.make_version(f"v{number}") for number in range(4)]
        errors = []

        def work(version):
            try:
                put_in_production(version)
            except Exception as error:  # noqa: BLE001 - shown by the assertion
                errors.append(error)
            finally:
                connection.close()

        threads = [threading.Thread(target=work, args=[version]) for version in candidates]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(errors, [])
        self.assertEqual(list(stages().values()).count(Stage.PRODUCTION), 1)
        self.assertEqual(list(stages().values()).count(Stage.RETIRED), 3)


class BundledTestCase(ServingCase, TestCase):
    def test_the_named_bundled_version_serves_though_another_is_newer(self):
        make_version_folder(self.bundled, "named", created="2026-01-01T00:00:00+00:00")
        make_version_folder(self.bundled, "newer", created="2026-02-01T00:00:00+00:00")
        (self.bundled / "default.txt").write_text("named\n")
        self.assertEqual(production_version().name, "named")
        self.assertEqual(ModelVersion.objects.get(name="newer").stage, "candidate")

    def test_an_upgrade_that_ships_another_version_serves_that(self):
        make_version_folder(self.bundled, "before")
        self.assertEqual(production_version().name, "before")
        shutil.rmtree(self.bundled / "before")
        make_version_folder(self.bundled, "after")
        self.assertEqual(production_version().name, "after")
        self.assertEqual(ModelVersion.objects.get(name="before").stage, "retired")

    def test_the_bundled_version_serves_on_first_use(self):
        make_version_folder(self.bundled, "shipped")
        version = production_version()
        self.assertEqual((version.name, version.bundled), ("shipped", True))
        self.assertEqual(stages(), {"shipped": Stage.PRODUCTION})

    def test_the_newest_of_several_serves(self):
        make_version_folder(self.bundled, "z-old", created="2026-01-01T00:00:00+00:00")
        make_version_folder(self.bundled, "a-new", created="2026-02-01T00:00:00+00:00")
        self.assertEqual(production_version().name, "a-new")
        self.assertEqual(stages(), {"a-new": Stage.PRODUCTION, "z-old": Stage.CANDIDATE})

    def test_it_does_not_displace_a_promoted_version(self):
        make_version_folder(self.bundled, "shipped")
        self.serve("trained")
        self.assertEqual(production_version().name, "trained")

    def test_another_process_may_have_promoted_meanwhile(self):
        make_version_folder(self.bundled, "shipped")
        self.serve("trained")
        self.assertEqual(promotion._promote_bundled().name, "trained")

    def test_a_version_of_ones_own_with_a_bundled_name_is_told_of(self):
        make_version_folder(self.bundled, "shipped", created="2026-01-01T00:00:00+00:00")
        self.make_version("shipped")
        with self.assertRaisesMessage(ModelError, "another version with the name shipped"):
            production_version()

    def test_without_any_version_it_says_what_to_do(self):
        with self.assertRaisesMessage(NoProductionVersionError, "Train one"):
            production_version()


class ServingTestCase(ServingCase, TestCase):
    def test_it_keeps_the_engine(self):
        self.serve()
        self.assertIs(serving.production_engine(), serving.production_engine())

    def test_it_notices_a_promotion(self):
        self.serve("first")
        serving.production_engine()
        self.serve("second")
        self.assertEqual(serving.production_engine().manifest.name, "second")

    def test_a_version_corrupted_after_promotion_is_refused_and_the_last_one_serves_on(self):
        self.serve("first")
        self.assertEqual(serving.serving_problem(), "")
        second = self.serve("second")
        (second.folder / "model.onnx").write_bytes(b"damaged")
        with self.assertLogs("classifier.live.serving", "ERROR"):
            engine = serving.production_engine()
        self.assertEqual(engine.manifest.name, "first")
        self.assertIn("second cannot serve", serving.serving_problem())

    def test_the_problem_ends_when_a_good_version_is_promoted(self):
        self.test_a_version_corrupted_after_promotion_is_refused_and_the_last_one_serves_on()
        self.serve("third")
        self.assertEqual(serving.serving_problem(), "")
        self.assertEqual(serving.production_engine().manifest.name, "third")

    def test_a_manifest_changed_after_registration_is_refused(self):
        version = self.serve()
        manifest = version.folder / "manifest.json"
        manifest.write_text(manifest.read_text().replace("1.0", "9.0"))
        with (
            self.assertLogs("classifier.live.serving", "ERROR"),
            self.assertRaisesMessage(ModelError, "changed"),
        ):
            serving.production_engine()

    def test_it_classifies_bytes(self):
        self.serve()
        answer = serving.classify(image_bytes("red"))
        self.assertEqual((answer.logo_type, answer.model_version), ("simple", "tiny"))


class BundleTestCase(ServingCase, TestCase):
    def bundle(self, *args):
        call_command("bundle_version", *args, stdout=io.StringIO())

    def test_a_new_installation_serves_what_was_bundled(self):
        self.make_version("trained", metrics={"test": {"accuracy": 0.5}})
        self.bundle("trained", "shipped")
        version = production_version()
        self.assertEqual((version.name, version.bundled), ("shipped", True))
        self.assertEqual(version.manifest["metrics"], {"test": {"accuracy": 0.5}})
        self.assertEqual(version.manifest["files"].keys(), {"model.onnx"})
        self.assertEqual(serving.production_engine().manifest.name, "shipped")

    def test_it_carries_the_newest_figures_of_what_serves(self):
        self.make_version("trained", metrics={"test": {"accuracy": 0.5}})
        trained = ModelVersion.objects.get(name="trained")
        dataset = Dataset.objects.create(name="logos", source="folder", fingerprint="f" * 64)
        ModelVersion.objects.filter(pk=trained.pk).update(dataset_fingerprint=dataset.fingerprint)
        figures = {"file": "model.onnx", "bytes": 9, "accuracy": 0.6, "agreement": 1.0}
        times = {"ms_one": 2.0, "ms_batch": 1.0, "sample_count": 8}
        trained.variants.create(kind="fp32", dataset_fingerprint="f" * 64, **figures, **times)
        for accuracy, fingerprint in ((0.6, "f" * 64), (0.7, "f" * 64), (0.9, "e" * 64)):
            trained.evaluations.create(
                dataset=dataset,
                dataset_fingerprint=fingerprint,
                split="test",
                sample_count=8,
                accuracy=accuracy,
                metrics={"accuracy": accuracy},
            )
        self.bundle("trained", "shipped")
        metrics = production_version().manifest["metrics"]
        self.assertEqual(metrics["test"], {"accuracy": 0.7})
        self.assertEqual(metrics["variants"][0]["ms_one"], 2.0)

    def test_it_refuses_a_name_that_is_taken(self):
        self.make_version("trained")
        self.bundle("trained", "shipped")
        with self.assertRaisesMessage(CommandError, "a bundled version shipped already"):
            self.bundle("trained", "shipped")

    def test_it_refuses_a_damaged_version_and_leaves_nothing(self):
        version = self.make_version("trained")
        (version.folder / "model.onnx").write_bytes(b"something else")
        with self.assertRaisesMessage(CommandError, "does not match its hash"):
            self.bundle("trained", "shipped")
        self.assertFalse((self.bundled / "shipped").exists())

    def test_it_names_the_versions_that_there_are(self):
        self.make_version("trained")
        with self.assertRaisesMessage(CommandError, "there are: trained"):
            self.bundle("other", "shipped")
