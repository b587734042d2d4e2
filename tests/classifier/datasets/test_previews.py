import io
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

import numpy as np
from django.core.management import CommandError, call_command
from django.test import TestCase, override_settings
from kombu.exceptions import OperationalError
from PIL import Image

from classifier.datasets import previews as augmentation_previews
from classifier.datasets.previews import preview_path, start_preview
from classifier.training.config import TrainingConfig
from tests.classifier.runs.test_execution import make_dataset
from tests.support.work import do, do_queued, taken

SMALL = TrainingConfig(input_size=32)


class PreviewTestCase(TestCase):
    def setUp(self):
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        setting = override_settings(CLASSIFIER_ROOT=self.folder)
        setting.enable()
        self.addCleanup(setting.disable)
        self.dataset = make_dataset()


class TaskTests(PreviewTestCase):
    def draw(self, config):
        with self.captureOnCommitCallbacks(execute=True), taken():
            preview = start_preview(self.dataset, config)
        self.assertEqual(do("augmentation_preview", preview.pk).status, "succeeded")
        return preview_path(self.dataset, config)

    def test_it_draws_the_picture_once(self):
        path = self.draw(SMALL)
        with Image.open(path) as picture:
            self.assertEqual(picture.format, "PNG")
        written = path.stat().st_mtime_ns
        self.assertEqual(self.draw(SMALL).stat().st_mtime_ns, written)
        self.assertEqual([p.name for p in path.parent.iterdir()], [path.name])

    def test_only_what_changes_the_picture_makes_another(self):
        path = preview_path(self.dataset, SMALL)
        same = TrainingConfig(input_size=32, learning_rate=0.5)
        other = TrainingConfig(input_size=32, augmentation=0.5)
        self.assertEqual(preview_path(self.dataset, same), path)
        self.assertNotEqual(preview_path(self.dataset, other), path)

    def test_old_pictures_are_deleted(self):
        with mock.patch.object(augmentation_previews, "_KEPT", 1):
            first, second = self.draw(SMALL), self.draw(TrainingConfig(input_size=32, seed=1))
        self.assertFalse(first.exists())
        self.assertTrue(second.exists())

    def test_a_dataset_that_is_gone_is_no_fault(self):
        do_queued("augmentation_preview", 0)


class EnqueueTests(PreviewTestCase):
    def test_a_worker_is_asked_once(self):
        with taken() as send, self.captureOnCommitCallbacks(execute=True):
            start_preview(self.dataset, SMALL)
            start_preview(self.dataset, SMALL)
        send.assert_called_once()
        do_queued(*send.call_args.args)
        self.assertTrue(preview_path(self.dataset, SMALL).exists())

    def test_a_queue_out_of_reach_is_told_and_asked_again_later(self):
        for _ in range(2):
            with taken(OperationalError), self.captureOnCommitCallbacks(execute=True):
                preview = start_preview(self.dataset, SMALL)
            preview.refresh_from_db()
            self.assertEqual(preview.status, "failed")
            self.assertIn("could not be reached", preview.error)
        self.assertEqual(self.dataset.previews.count(), 2)


class CommandTests(PreviewTestCase):
    def run_command(self, *arguments):
        output = io.StringIO()
        call_command("preview_augmentation", *arguments, stdout=output)
        return output.getvalue()

    def picture(self, name, *settings):
        path = self.folder / name
        arguments = ("--per-class", "2", "--views", "3", "--out", str(path))
        output = self.run_command(*arguments, "--set", "input_size=32", *settings)
        self.assertIn("8 logos of drawn", output)
        return np.asarray(Image.open(path))

    def test_without_augmentation_the_views_are_alike_and_with_it_they_differ(self):
        def views(pixels):  # of the first row
            return [pixels[22:134, 180 + 116 * n : 180 + 116 * n + 112] for n in range(3)]

        plain = views(self.picture("plain.png", "augmentation=0"))
        changed = views(self.picture("changed.png"))
        np.testing.assert_array_equal(plain[0], plain[1])
        self.assertGreater(np.abs(changed[0].astype(int) - changed[1]).mean(), 2)

    def test_the_same_settings_give_the_same_picture(self):
        np.testing.assert_array_equal(self.picture("a.png"), self.picture("b.png"))

    def test_wrong_arguments_are_refused_by_name(self):
        for arguments, reason in (
            (["--set", "augmentation=9"], "augmentation: must be at most 2"),
            (["--views", "0"], "--views must be at least 1"),
            (["--dataset", "other"], "there are: drawn"),
            (["--out", str(self.folder / "none" / "a.png")], "cannot be written"),
        ):
            with self.subTest(arguments), self.assertRaisesMessage(CommandError, reason):
                self.run_command("--per-class", "1", *arguments)
