import errno
import io
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

from django.core.management import CommandError, call_command
from django.test import TestCase, override_settings

from classifier.inference.engine import Engine
from classifier.inference.manifest import read_manifest
from classifier.logo_types import CLASS_NAMES
from classifier.models import Dataset, Evaluation, ModelVersion, Sample, TrainingRun
from classifier.runs.lifecycle import cancel_run, create_run, requeue
from classifier.training.config import TrainingConfig
from classifier.training.errors import NonFiniteLossError
from classifier.training.meters import EpochMeter
from classifier.training.reporting import SilentObserver
from classifier.work.heartbeat import Heartbeat
from tests.support.training_images import make_data
from tests.support.work import do

Status = TrainingRun.Status
TINY = TrainingConfig(
    pooling="last",
    backbone="efficientnet_lite0",
    groups=5,  # exporting takes as long as there are layers
    input_size=32,
    batch_size=8,
    head_epochs=2,
    top_epochs=0,
    full_epochs=0,
)


def make_dataset(name="drawn"):
    """Store a small synthetic dataset with its images."""
    dataset = Dataset.objects.create(
        name=name, source=Dataset.Source.SYNTHETIC, status=Dataset.Status.READY, fingerprint="f"
    )
    dataset.folder.mkdir(parents=True)
    data = make_data(dataset.folder, train=16)
    for split in ("train", "val", "test"):
        Sample.objects.bulk_create(
            Sample(
                dataset=dataset,
                path=image.path.name,
                sha256=image.path.name,
                label=CLASS_NAMES[image.label],
                split=split,
                brand=image.path.stem,
                package="drawn",
            )
            for image in getattr(data, split)
        )
    return dataset


class ProgressKeeper(SilentObserver):
    """Keeps the progress that it hears of."""

    def __init__(self):
        self.heard = []

    def on_progress(self, stage, progress, seconds_left):
        self.heard.append((stage, progress, seconds_left))


class CancelAfterFirstEpoch(SilentObserver):
    """Cancels the run as a person would, and lets the next heartbeat hear of it."""

    def __init__(self, run):
        self.run = run

    def on_epoch(self, result):
        cancel_run(self.run)


class ExecutionTestCase(TestCase):
    def setUp(self):
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        setting = override_settings(CLASSIFIER_ROOT=self.root)
        setting.enable()
        self.addCleanup(setting.disable)
        # Its thread would wait for the transaction of the test; epochs beat without it.
        ticking = mock.patch.object(Heartbeat, "_tick", lambda heartbeat: None)
        ticking.start()
        self.addCleanup(ticking.stop)
        self.dataset = make_dataset()
        self.run = create_run(self.dataset, TINY)

    def versions_on_disk(self):
        folder = self.root / "versions"
        return sorted(p.name for p in folder.iterdir()) if folder.exists() else []


class ExecuteRunTests(ExecutionTestCase):
    def test_a_run_becomes_an_evaluated_candidate(self):
        run = do("training_run", self.run.pk)
        self.assertEqual((run.status, run.error, run.progress), (Status.SUCCEEDED, "", 1.0))
        self.assertEqual([e.epoch for e in run.epochs.all()], [1, 2])
        version = run.version
        self.assertEqual(version.stage, ModelVersion.Stage.CANDIDATE)
        evaluation = version.evaluations.get()
        self.assertEqual((evaluation.split, evaluation.sample_count), ("test", 8))
        self.assertTrue(evaluation.synthetic)
        manifest = read_manifest(version.folder)
        self.assertEqual(manifest.metrics["test"]["accuracy"], evaluation.accuracy)
        self.assertEqual(manifest.dataset["counts"]["train"], dict.fromkeys(CLASS_NAMES, 4))
        self.assertEqual(TrainingConfig.from_json(manifest.config), TINY)
        self.assertGreater(manifest.temperature, 0)
        self.assertEqual(Engine.load(version.folder).manifest.name, version.name)

    def test_a_run_keeps_its_analysis_and_last_figures(self):
        run = do("training_run", self.run.pk)
        best = run.epochs.get(epoch=run.analysis["best_epoch"])
        self.assertEqual(run.analysis["val_accuracy"], best.val_accuracy)
        self.assertEqual(run.analysis["plain_train_accuracy"], run.plain_train_accuracy)
        self.assertEqual([sum(row) for row in best.val_confusion], [2, 2, 2, 2])
        hits = sum(best.val_confusion[i][i] for i in range(4))
        self.assertAlmostEqual(hits / 8, best.val_accuracy)
        self.assertEqual((run.live["epoch"], run.live["epochs"]), (2, 2))
        self.assertEqual((run.live["step"], run.live["steps"]), (2, 2))
        self.assertGreater(run.live["process_mb"], 0)

    def test_the_progress_leaves_room_for_export_and_test(self):
        keeper = ProgressKeeper()
        do("training_run", self.run.pk, keeper)
        shares = [share for _, share, _ in keeper.heard]
        self.assertEqual(shares, sorted(shares))
        stages = [stage for stage, *_ in keeper.heard]
        self.assertEqual(list(dict.fromkeys(stages))[-3:], ["strangers", "export", "test"])
        trained = max(share for stage, share, _ in keeper.heard if stage in ("decoding", "head"))
        self.assertLess(trained, 0.9)
        after = [left for stage, _, left in keeper.heard if stage in ("strangers", "export")]
        self.assertTrue(all(left > 0 for left in after))
        self.assertEqual(keeper.heard[-1][1:], (1.0, 0))

    def test_a_run_is_carried_out_once(self):
        self.assertIsNotNone(self.run.begin())
        self.assertIsNone(do("training_run", self.run.pk))
        self.assertIsNone(do("training_run", 0))

    def test_a_cancelled_run_stops_and_resumes(self):
        run = do("training_run", self.run.pk, CancelAfterFirstEpoch(self.run))
        self.assertEqual((run.status, run.error), (Status.CANCELLED, ""))
        # The heartbeat of the second epoch is the first to hear of it, right before the export.
        epochs = run.epochs.count()
        requeue(run)
        resumed = do("training_run", run.pk)
        self.assertEqual(resumed.status, Status.SUCCEEDED)
        self.assertEqual(resumed.epochs.count(), 2)
        self.assertLessEqual(epochs, 2)


def bad_second_epoch():
    """Return a stand-in for an epoch's values that blows up when it is asked again."""
    original, calls = EpochMeter.epoch_values, []

    def values(meter):
        calls.append(meter)
        if len(calls) > 1:
            raise NonFiniteLossError("The loss became nan in epoch 2, step 1.")
        return original(meter)

    return values


class FailedRunTests(ExecutionTestCase):
    def assert_failed(self, reason):
        self.run.refresh_from_db()
        self.assertEqual(self.run.status, Status.FAILED)
        self.assertIn(reason, self.run.error)
        self.assertIsNone(self.run.claim)
        self.assertFalse(ModelVersion.objects.exists())
        self.assertFalse(Evaluation.objects.exists())
        self.assertEqual(self.versions_on_disk(), [])

    def test_a_deleted_dataset_is_named(self):
        self.dataset.delete()
        do("training_run", self.run.pk)
        self.assert_failed("The dataset was deleted")

    def test_a_dataset_deleted_meanwhile_is_named(self):
        for path in self.dataset.folder.glob("val-*.png"):
            path.unlink()
        Dataset.objects.filter(pk=self.dataset.pk).delete()
        do("training_run", self.run.pk)
        self.assert_failed("The dataset was deleted")

    def test_a_full_disk_is_named(self):
        full = OSError(errno.ENOSPC, "No space left on device")
        with mock.patch("os.fsync", side_effect=full):
            do("training_run", self.run.pk)
        self.assert_failed("The disk is full")

    def test_a_disk_that_fills_up_at_export_leaves_no_version(self):
        full = OSError(errno.ENOSPC, "No space left on device")
        with mock.patch("classifier.training.export.save", side_effect=full):
            do("training_run", self.run.pk)
        self.assert_failed("The disk is full")

    def test_an_unreadable_image_is_named(self):
        (self.dataset.folder / "train-0.png").write_bytes(b"no image")
        do("training_run", self.run.pk)
        self.assert_failed("")
        self.assertNotEqual(self.run.error, "")

    def test_a_loss_that_is_not_finite_is_named_and_analysed(self):
        with mock.patch("classifier.training.meters.EpochMeter.epoch_values", bad_second_epoch()):
            do("training_run", self.run.pk)
        self.assert_failed("The loss became nan")
        self.assertEqual(self.run.analysis["findings"][0]["name"], "diverged")
        self.assertIn("learning_rate", self.run.analysis["findings"][0]["changes"])

    def test_an_unforeseen_fault_is_told_and_raised(self):
        fault = mock.patch("classifier.training.run.build_model", side_effect=ValueError("odd"))
        with fault, self.assertRaises(ValueError):
            do("training_run", self.run.pk)
        self.assert_failed("ValueError: odd")

    def test_an_interrupt_leaves_a_run_that_can_be_resumed(self):
        interrupt = mock.patch("classifier.training.run.build_model", side_effect=KeyboardInterrupt)
        with interrupt, self.assertRaises(KeyboardInterrupt):
            do("training_run", self.run.pk)
        self.run.refresh_from_db()
        self.assertEqual(self.run.status, Status.CANCELLED)


class TrainCommandTests(ExecutionTestCase):
    def train(self, *arguments):
        output = io.StringIO()
        call_command("train", *arguments, stdout=output)
        return output.getvalue()

    def test_it_trains_with_settings_and_tells_the_accuracy(self):
        settings = [f"{name}={value}" for name, value in TINY.to_json().items() if value]
        settings += ["top_epochs=0", "full_epochs=0", "class_weights=true", "head_epochs=1"]
        settings = [s for s in settings if not s.endswith("=True")]
        output = self.train("--dataset", "drawn", "--set", *settings)
        self.assertRegex(output, r"Version \S+: accuracy \d\.\d{4} on the 8 images")

    def test_wrong_arguments_are_refused_by_name(self):
        for arguments, reason in (
            (["--dataset", "other"], "there are: drawn"),
            (["--dataset", "drawn", "--set", "batch_size=64"], "batch_size: 64 is larger"),
            (["--dataset", "drawn", "--set", "rate"], "KEY=VALUE"),
            (["--dataset", "drawn", "--set", "rate=1"], "rate: is not a setting"),
            (["--resume", "99"], "no run 99"),
        ):
            with self.subTest(arguments), self.assertRaisesMessage(CommandError, reason):
                self.train(*arguments)
