from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

import numpy as np
import torch
from django.test import SimpleTestCase
from safetensors.torch import save

from classifier.training import loop
from classifier.training.config import TrainingConfig
from classifier.training.errors import CheckpointError, NonFiniteLossError, TrainingStoppedError
from classifier.training.model import build_model
from classifier.training.reporting import SilentObserver
from classifier.training.run import train
from tests.support.training_images import make_data

TINY = TrainingConfig(
    pooling="last",
    backbone="efficientnet_lite0",
    input_size=32,
    batch_size=8,
    head_epochs=1,
    top_epochs=1,
    full_epochs=1,
)


class Recorder(SilentObserver):
    """Remembers what it hears; stops after a number of epochs and further questions."""

    def __init__(self, stop_after_epochs=None):
        self.epochs, self.checkpoints, self.progress, self.steps = [], [], [], []
        self.stop_after_epochs = stop_after_epochs

    def on_step(self, result):
        self.steps.append(result)

    def on_epoch(self, result):
        self.epochs.append(result)

    def on_checkpoint(self, path):
        self.checkpoints.append(path)

    def on_progress(self, stage, progress, seconds_left):
        self.progress.append(progress)

    def should_stop(self):
        return self.stop_after_epochs is not None and len(self.epochs) >= self.stop_after_epochs


class TrainTests(SimpleTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.data = make_data(Path(folder.name))

    def setUp(self):
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def train(self, config=TINY, observer=None, folder="run"):
        return train(config, self.data, self.folder / folder, observer or SilentObserver())

    def weights(self, result):
        return torch.cat([t.flatten().float() for t in result.model.state_dict().values()])

    def test_it_goes_through_the_stages_and_reports_each_epoch(self):
        observer = Recorder()
        result = self.train(observer=observer)
        self.assertEqual([r.stage for r in observer.epochs], ["head", "top", "full"])
        self.assertEqual([r.epoch for r in observer.epochs], [1, 2, 3])
        self.assertEqual(result.history, observer.epochs)
        self.assertEqual(len(observer.checkpoints), 3)
        self.assertEqual(result.val_logits.shape, (8, 4))
        self.assertEqual(result.val_labels.tolist(), [0, 1, 2, 3, 0, 1, 2, 3])
        self.assertEqual(observer.progress, sorted(observer.progress))
        self.assertAlmostEqual(observer.progress[-1], 1.0, places=3)
        self.assertEqual(observer.epochs[0].backbone_learning_rate, 0)
        self.assertGreater(observer.epochs[2].backbone_learning_rate, 0)

    def test_a_share_of_the_weights_that_it_started_from_comes_back(self):
        config = replace(TINY, keep="last", head_epochs=0, top_epochs=0)
        own = build_model(config).state_dict()
        first = {name: tensor.clone().contiguous() for name, tensor in own.items()}
        self.data = replace(self.data, start=save(first))
        new = self.train(config, folder="new").model.state_dict()
        mixed = self.train(replace(config, start_share=0.25), folder="mixed").model.state_dict()
        moved = False
        for name, tensor in new.items():
            if tensor.is_floating_point():
                expected = 0.75 * tensor + 0.25 * first[name]
                self.assertTrue(torch.allclose(mixed[name], expected, atol=1e-5), name)
                moved |= not torch.allclose(tensor, first[name], atol=1e-4)
        self.assertTrue(moved)

    def test_the_last_epoch_is_kept_where_that_is_asked_for(self):
        for keep, kept in (("best", 1), ("last", 3)):
            worse = [
                {"val_loss": float(n), "val_accuracy": 0.5, "val_confusion": []} for n in (1, 2, 3)
            ]
            with (
                self.subTest(keep),
                mock.patch.object(loop, "_validate", side_effect=worse),
            ):
                result = self.train(replace(TINY, keep=keep), folder=keep)
                self.assertEqual(result.best_epoch, kept)

    def test_the_best_epoch_is_the_one_that_is_kept(self):
        result = self.train()
        losses = [r.val_loss for r in result.history]
        self.assertEqual(result.best_epoch, losses.index(min(losses)) + 1)
        logits, labels = torch.from_numpy(result.val_logits), torch.from_numpy(result.val_labels)
        loss = torch.nn.functional.cross_entropy(logits, labels).item()
        self.assertAlmostEqual(loss, min(losses), delta=0.02 * min(losses))

    def test_it_learns(self):
        config = replace(
            TINY,
            head_epochs=0,
            top_epochs=0,
            full_epochs=6,
            augmentation=0.0,
            label_smoothing=0.0,
            learning_rate=3e-3,
        )
        result = self.train(config)
        self.assertLess(result.history[-1].train_loss, 0.6 * result.history[0].train_loss)

    def test_a_seed_repeats_a_run(self):
        first, second = self.train(folder="a"), self.train(folder="b")
        self.assertTrue(torch.equal(self.weights(first), self.weights(second)))
        other = self.train(replace(TINY, seed=1), folder="c")
        self.assertFalse(torch.equal(self.weights(first), self.weights(other)))

    def test_a_stopped_run_resumes_to_the_same_weights(self):
        config = replace(TINY, top_epochs=2, full_epochs=2, mixup=0.2, schedule="plateau")
        whole = self.train(config, folder="whole")
        for stop_after in (1, 2, 4):
            folder = f"stopped-{stop_after}"
            with self.assertRaises(TrainingStoppedError):
                self.train(config, Recorder(stop_after), folder)
            resumed = self.train(config, folder=folder)
            self.assertTrue(torch.equal(self.weights(whole), self.weights(resumed)), stop_after)
            np.testing.assert_array_equal(whole.val_logits, resumed.val_logits)

    def test_a_checkpoint_of_other_settings_is_refused(self):
        self.train(replace(TINY, top_epochs=0, full_epochs=0))
        with self.assertRaisesMessage(CheckpointError, "other settings"):
            self.train(TINY)

    def test_a_loss_that_is_not_finite_ends_the_run_with_advice(self):
        broken = mock.patch.object(
            loop, "smooth_targets", lambda labels, *rest: torch.full((len(labels), 4), torch.nan)
        )
        with broken, self.assertRaisesMessage(NonFiniteLossError, "Lower learning_rate"):
            self.train()

    def test_a_step_without_a_finite_gradient_is_left_out_and_counted(self):
        norms = [torch.tensor(torch.inf), torch.tensor(1.0), torch.tensor(torch.nan)]
        answers = iter([*norms, *[torch.tensor(1.0)] * 99])
        config = replace(TINY, top_epochs=0, full_epochs=0)
        clip = mock.patch.object(
            torch.nn.utils, "clip_grad_norm_", lambda parameters, limit: next(answers)
        )
        with clip:
            result = self.train(config)
        self.assertEqual(result.history[0].non_finite_steps, 2)
        self.assertEqual(result.history[0].gradient_norm, 1.0)

    def test_an_epoch_without_any_finite_gradient_ends_the_run(self):
        clip = mock.patch.object(
            torch.nn.utils, "clip_grad_norm_", lambda parameters, limit: torch.tensor(torch.nan)
        )
        with clip, self.assertRaisesMessage(NonFiniteLossError, "No gradient of epoch 1"):
            self.train()

    def test_a_validation_loss_that_is_not_finite_ends_the_run(self):
        broken = mock.patch.object(
            torch.nn.functional, "cross_entropy", lambda *args, **rest: torch.tensor(torch.inf)
        )
        with broken, self.assertRaisesMessage(NonFiniteLossError, "validation loss became inf"):
            self.train()

    def test_it_tells_of_every_step(self):
        observer = Recorder()
        self.train(replace(TINY, top_epochs=0), observer)
        self.assertEqual(
            [(s.epoch, s.step, s.steps) for s in observer.steps[-2:]], [(2, 3, 4), (2, 4, 4)]
        )
        self.assertEqual(observer.steps[0].backbone_learning_rate, 0)
        self.assertGreater(observer.steps[-1].backbone_learning_rate, 0)

    def test_training_accuracy_is_measured_on_plain_images_too(self):
        result = self.train()
        self.assertIn(result.plain_train_accuracy * 32, range(33))

    def test_a_stage_ends_early_when_nothing_gets_better(self):
        config = replace(
            TINY, head_epochs=6, top_epochs=0, full_epochs=0, patience=2, learning_rate=1e-12
        )
        observer = Recorder()
        self.train(config, observer)
        self.assertLess(len(observer.epochs), 6)
        self.assertAlmostEqual(observer.progress[-1], 1.0, places=3)

    def test_every_choice_of_the_config_trains(self):
        base = replace(TINY, head_epochs=0, top_epochs=1, full_epochs=0)
        for number, changes in enumerate(
            (
                {"backbone": "efficientnet_b0", "head": "batch_norm", "schedule": "cosine"},
                {"head": "enhanced", "optimizer": "sgd", "loss": "focal", "cutmix": 1.0},
                {"schedule": "constant", "gradient_clip": 0.0, "class_weights": False},
            )
        ):
            with self.subTest(**changes):
                result = self.train(replace(base, **changes), folder=f"choice-{number}")
                self.assertTrue(np.isfinite(result.val_logits).all())
