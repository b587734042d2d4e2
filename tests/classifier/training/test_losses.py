import torch
from django.test import SimpleTestCase

from classifier.training.config import TrainingConfig
from classifier.training.losses import (
    balanced_weights,
    build_loss,
    cross_entropy,
    focal_loss,
    smooth_targets,
)

LOGITS = torch.tensor([[2.0, 0.0, -1.0, 0.5], [0.1, 0.2, 0.3, 0.4], [3.0, -2.0, 0.0, 0.0]])
LABELS = torch.tensor([0, 2, 1])


class LossTests(SimpleTestCase):
    def test_cross_entropy_is_torchs(self):
        weights = torch.tensor([1.0, 2.0, 0.5, 1.0])
        ours = cross_entropy(LOGITS, smooth_targets(LABELS, 4, 0.0), weights)
        theirs = torch.nn.functional.cross_entropy(LOGITS, LABELS, weights)
        self.assertAlmostEqual(ours.item(), theirs.item(), places=5)

    def test_label_smoothing_is_torchs(self):
        ours = cross_entropy(LOGITS, smooth_targets(LABELS, 4, 0.1), torch.ones(4))
        theirs = torch.nn.functional.cross_entropy(LOGITS, LABELS, label_smoothing=0.1)
        self.assertAlmostEqual(ours.item(), theirs.item(), places=5)

    def test_focal_loss_without_focus_is_cross_entropy(self):
        targets = smooth_targets(LABELS, 4, 0.0)
        focal = focal_loss(LOGITS, targets, torch.ones(4), gamma=0.0)
        self.assertAlmostEqual(
            focal.item(), cross_entropy(LOGITS, targets, torch.ones(4)).item(), places=6
        )

    def test_focal_loss_looks_away_from_sure_answers(self):
        sure, unsure = torch.tensor([[6.0, 0, 0, 0]]), torch.tensor([[0.5, 0, 0, 0]])
        target = smooth_targets(torch.tensor([0]), 4, 0.0)

        def shrinkage(logits):
            focal = focal_loss(logits, target, torch.ones(4), gamma=2.0)
            return focal / cross_entropy(logits, target, torch.ones(4))

        self.assertLess(shrinkage(sure), 0.01)
        self.assertGreater(shrinkage(unsure), 0.3)

    def test_balanced_weights_give_classes_the_same_total(self):
        labels = torch.tensor([0] * 6 + [1] * 2 + [2] * 3 + [3])
        totals = balanced_weights(labels, 4) * torch.bincount(labels)
        self.assertTrue(torch.allclose(totals, torch.full((4,), 3.0)))

    def test_the_config_chooses_loss_and_weights(self):
        labels = torch.tensor([0] * 9 + [1, 2, 3])
        targets = smooth_targets(LABELS, 4, 0.0)
        values = {
            build_loss(TrainingConfig(loss=loss, class_weights=weighted), labels, 4)(
                LOGITS, targets
            ).item()
            for loss in ("cross_entropy", "focal")
            for weighted in (True, False)
        }
        self.assertEqual(len(values), 4)
