from dataclasses import replace

from django.test import SimpleTestCase

from classifier.training.analysis import analyse
from classifier.training.config import TrainingConfig
from classifier.training.reporting import EpochResult

CONFIG = TrainingConfig(head_epochs=0, top_epochs=0, full_epochs=6)
MATRIX = [[45, 2, 2, 1], [2, 45, 1, 2], [2, 1, 45, 2], [1, 2, 2, 45]]


def history(train_loss, val_loss, val_accuracy=None, stage="full", first=1, **columns):
    """Make epochs of one stage; further columns are one value, or a list of one per epoch."""
    val_accuracy = val_accuracy or [0.9] * len(train_loss)
    epochs = []
    for i in range(len(train_loss)):
        more = {k: v[i] if isinstance(v, list) else v for k, v in columns.items()}
        epoch = EpochResult(
            epoch=first + i,
            stage=stage,
            train_loss=train_loss[i],
            train_accuracy=0.9,
            val_loss=val_loss[i],
            val_accuracy=val_accuracy[i],
            learning_rate=1e-3,
            backbone_learning_rate=3e-4,
            gradient_norm=1.0,
            images_per_second=50,
            seconds=1,
            memory_mb=100,
        )
        epochs.append(replace(epoch, **more))
    return epochs


HEALTHY = history(
    [1.2, 0.9, 0.7, 0.6, 0.55, 0.52],
    [1.0, 0.8, 0.6, 0.5, 0.46, 0.458],
    [0.6, 0.7, 0.8, 0.89, 0.895, 0.9],
)


class AnalysisTestCase(SimpleTestCase):
    def findings(self, epochs, config=CONFIG, **facts):
        found = {}
        for finding in analyse(epochs, config, **facts).findings:
            found[finding.name] = finding
            # Whatever is advised can be set, and is a change.
            changed = replace(config, **finding.changes)
            self.assertEqual(changed == config, not finding.changes, finding)
        return found

    def assert_found(self, name, epochs, config=CONFIG, **facts):
        found = self.findings(epochs, config, **facts)
        self.assertIn(name, found)
        self.assertNotIn("healthy", found)
        return found[name]

    def assert_not_found(self, name, epochs, config=CONFIG, **facts):
        self.assertNotIn(name, self.findings(epochs, config, **facts))


class FigureTests(AnalysisTestCase):
    def test_it_tells_accuracies_the_best_epoch_and_convergence(self):
        analysis = analyse(HEALTHY, CONFIG, plain_train_accuracy=0.95)
        self.assertEqual((analysis.best_epoch, analysis.convergence_epoch), (6, 4))
        self.assertEqual((analysis.train_accuracy, analysis.val_accuracy), (0.9, 0.9))
        self.assertAlmostEqual(analysis.gap, 0.05)

    def test_there_is_nothing_to_tell_before_the_first_epoch(self):
        self.assertIsNone(analyse([], CONFIG))

    def test_a_healthy_run_is_told_so(self):
        found = self.findings(HEALTHY, plain_train_accuracy=0.95)
        self.assertEqual(set(found), {"healthy", "rate_effective"})

    def test_the_worst_finding_comes_first(self):
        spiky = history([1.0, 0.5, 0.9, 0.5], [1.0, 0.5, 0.5, 0.4])
        severities = [f.severity for f in analyse(spiky, CONFIG, diverged="inf").findings]
        self.assertEqual(severities[0], "error")


class FitTests(AnalysisTestCase):
    def test_overfitting(self):
        epochs = history([1.0, 0.7, 0.5, 0.3, 0.2, 0.1], [0.9, 0.6, 0.5, 0.55, 0.6, 0.7])
        finding = self.assert_found("overfitting", epochs)
        self.assertEqual(finding.changes["full_epochs"], 3)
        self.assertGreater(finding.changes["augmentation"], CONFIG.augmentation)
        self.assertIn("40%", finding.text)

    def test_a_validation_loss_that_rises_with_the_training_loss_is_no_overfitting(self):
        epochs = history([1.0, 0.7, 0.5, 0.6, 0.7, 0.8], [0.9, 0.6, 0.5, 0.55, 0.6, 0.7])
        self.assert_not_found("overfitting", epochs)

    def test_a_rise_at_the_start_of_a_stage_is_no_overfitting(self):
        epochs = history([1.0, 0.6], [0.9, 0.5], stage="top")
        epochs += history([0.5, 0.4, 0.3], [0.7, 0.6, 0.55], first=3)
        self.assert_not_found("overfitting", epochs)

    def test_a_gap_between_plain_images(self):
        self.assert_found("gap", HEALTHY, plain_train_accuracy=1.0 + 0.001)
        self.assert_not_found("gap", HEALTHY, plain_train_accuracy=0.99)

    def test_a_gap_that_even_augmented_images_show(self):
        epochs = [replace(epoch, val_accuracy=0.7) for epoch in HEALTHY]
        self.assert_found("gap", epochs)
        # Augmented images are harder: validation above training is no fault.
        self.assert_not_found("gap", [replace(e, train_accuracy=0.6) for e in HEALTHY])

    def test_underfitting(self):
        epochs = [replace(e, train_accuracy=0.6, val_accuracy=0.6) for e in HEALTHY]
        finding = self.assert_found("underfitting", epochs)
        self.assertGreater(finding.changes["full_epochs"], CONFIG.full_epochs)

    def test_hard_augmentation_is_no_underfitting(self):
        epochs = [replace(e, train_accuracy=0.6, val_accuracy=0.85) for e in HEALTHY]
        self.assert_not_found("underfitting", epochs)

    def test_a_frozen_backbone_is_no_underfitting_while_more_stages_come(self):
        config = replace(CONFIG, head_epochs=6)
        epochs = [replace(e, train_accuracy=0.6, val_accuracy=0.6, stage="head") for e in HEALTHY]
        self.assert_not_found("underfitting", epochs, config)

    def test_a_run_that_was_still_getting_better(self):
        epochs = history([1.0, 0.8, 0.6, 0.5], [1.0, 0.8, 0.6, 0.5])
        self.assertEqual(self.assert_found("too_short", epochs).changes, {"full_epochs": 9})
        self.assert_not_found("too_short", epochs, finished=False)
        self.assert_not_found("too_short", HEALTHY)

    def test_epochs_that_brought_nothing(self):
        epochs = history([1.0, 0.6, *[0.5] * 6], [1.0, 0.5, *[0.51] * 6])
        self.assertEqual(self.assert_found("too_long", epochs).changes, {"full_epochs": 3})
        self.assert_not_found("too_long", epochs[:5])


class LearningRateTests(AnalysisTestCase):
    def test_a_rate_that_is_too_high(self):
        epochs = history([1.0, 1.1, 0.9, 1.2, 1.1], [1.0] * 5)
        finding = self.assert_found("rate_too_high", epochs)
        self.assertLess(finding.changes["learning_rate"], CONFIG.learning_rate)
        self.assert_not_found("rate_too_high", HEALTHY)

    def test_a_new_stage_that_starts_higher_is_no_fault(self):
        epochs = history([0.8, 0.7, 0.6, 0.5], [1.0] * 4, stage="top")
        epochs += history([0.9, 0.7, 0.6, 0.5], [1.0] * 4, first=5)
        self.assert_not_found("rate_too_high", epochs)

    def test_a_rate_that_is_too_low(self):
        epochs = history([1.0, 0.999, 0.998, 0.997], [1.0] * 4, train_accuracy=0.5)
        finding = self.assert_found("rate_too_low", epochs)
        self.assertGreater(finding.changes["learning_rate"], CONFIG.learning_rate)

    def test_a_loss_that_has_nothing_left_to_fall_is_no_fault(self):
        epochs = history([0.4, 0.4, 0.4, 0.4], [0.4] * 4, train_accuracy=0.99)
        self.assert_not_found("rate_too_low", epochs)

    def test_an_effective_rate(self):
        self.assertIn("rate_effective", self.findings(HEALTHY))
        flat = history([1.0, 0.999, 0.998, 0.997], [1.0] * 4, train_accuracy=0.5)
        self.assert_not_found("rate_effective", flat)

    def test_the_range_test_judges_the_rate(self):
        for rate, name in (
            (1e-2, "rate_above_test"),
            (1e-3, "rate_fits_test"),
            (1e-5, "rate_below_test"),
        ):
            config = replace(CONFIG, learning_rate=rate)
            found = self.findings(HEALTHY, config, rate_test=(1e-3, 1e-1))
            self.assertEqual([n for n in found if n.endswith("_test")], [name])

    def test_a_rate_that_diverged_in_the_range_test_is_too_high(self):
        config = replace(CONFIG, learning_rate=3e-3)
        self.assert_found("rate_above_test", HEALTHY, config, rate_test=(1e-3, 2e-3))
        self.assert_not_found("rate_above_test", HEALTHY, config, rate_test=(1e-3, None))


class StabilityTests(AnalysisTestCase):
    def test_a_spike_between_epochs(self):
        epochs = history([1.0, 0.5, 0.9, 0.5], [1.0, 0.5, 0.5, 0.4])
        finding = self.assert_found("loss_spikes", epochs)
        self.assertIn("epoch 3", finding.text)
        self.assertLess(finding.changes["gradient_clip"], CONFIG.gradient_clip)
        self.assert_not_found("loss_spikes", HEALTHY)

    def test_a_spike_within_an_epoch(self):
        spike = [replace(HEALTHY[0], train_loss_max=1.5), replace(HEALTHY[1], train_loss_max=9.0)]
        self.assertIn("epoch 2", self.assert_found("loss_spikes", spike).text)
        self.assert_not_found("loss_spikes", [replace(e, train_loss_max=2.0) for e in HEALTHY])

    def test_exploding_gradients(self):
        norms = [1.0, 1.2, 40.0, 1.1, 1.0, 0.9]
        epochs = [replace(e, gradient_norm=n) for e, n in zip(HEALTHY, norms, strict=True)]
        self.assertIn("epoch 3", self.assert_found("exploding_gradients", epochs).text)
        one_step = [replace(HEALTHY[0], gradient_norm_max=500.0)]
        self.assert_found("exploding_gradients", one_step)
        self.assert_not_found(
            "exploding_gradients", [replace(e, gradient_norm_max=5.0) for e in HEALTHY]
        )

    def test_stages_have_gradients_of_their_own_size(self):
        epochs = history([1.0, 0.9, 0.8], [1.0] * 3, stage="head", gradient_norm=0.1)
        epochs += history([0.8, 0.7, 0.6], [1.0] * 3, first=4, gradient_norm=3.0)
        self.assert_not_found("exploding_gradients", epochs)

    def test_gradients_that_are_not_finite(self):
        epochs = [*HEALTHY[:-1], replace(HEALTHY[-1], non_finite_steps=3)]
        self.assertIn("3 steps in epoch 6", self.assert_found("non_finite_gradients", epochs).text)
        self.assert_not_found("non_finite_gradients", HEALTHY)

    def test_a_run_that_diverged(self):
        config = replace(CONFIG, gradient_clip=0.0)
        finding = self.assert_found("diverged", HEALTHY, config, diverged="The loss became inf.")
        self.assertEqual(finding.changes["gradient_clip"], 1.0)
        self.assert_not_found("diverged", HEALTHY)


class ClassTests(AnalysisTestCase):
    def with_matrix(self, matrix):
        return [replace(epoch, val_confusion=matrix) for epoch in HEALTHY]

    def test_an_even_matrix_shows_no_fault(self):
        found = self.findings(self.with_matrix(MATRIX))
        self.assertFalse({"weak_class", "confused_classes"} & set(found))

    def test_a_weak_class(self):
        weak = [*MATRIX[:2], [5, 5, 35, 5], MATRIX[3]]
        config = replace(CONFIG, class_weights=False)
        finding = self.assert_found("weak_class", self.with_matrix(weak), config)
        self.assertIn("gradient", finding.title)
        self.assertEqual(finding.changes, {"class_weights": True, "loss": "focal"})
        self.assert_not_found("confused_classes", self.with_matrix(weak))

    def test_a_class_that_is_taken_for_another(self):
        confused = [*MATRIX[:2], [9, 0, 41, 0], MATRIX[3]]
        blunt = replace(CONFIG, pooling="last")
        finding = self.assert_found("confused_classes", self.with_matrix(confused), blunt)
        self.assertEqual(finding.title, "It takes gradient for simple.")
        self.assertEqual(finding.changes, {"pooling": "multi_scale"})
        sharp = replace(CONFIG, pooling="multi_scale")
        finding = self.assert_found("confused_classes", self.with_matrix(confused), sharp)
        self.assertEqual(finding.changes, {"input_size": 160})

    def test_a_handful_of_images_proves_nothing(self):
        few = [*MATRIX[:2], [4, 0, 4, 0], MATRIX[3]]
        found = self.findings(self.with_matrix(few))
        self.assertFalse({"weak_class", "confused_classes"} & set(found))
