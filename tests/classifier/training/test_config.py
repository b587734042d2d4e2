from django.test import SimpleTestCase

from classifier.logo_types import CLASS_NAMES
from classifier.training.config import InvalidConfigError, TrainingConfig

FULL = {split: dict.fromkeys(CLASS_NAMES, 10) for split in ("train", "val", "test")}


class TrainingConfigTests(SimpleTestCase):
    def reasons(self, **values):
        with self.assertRaises(InvalidConfigError) as caught:
            TrainingConfig.from_json(values)
        return caught.exception.errors

    def test_it_survives_json(self):
        config = TrainingConfig(learning_rate=0.01, head="enhanced")
        self.assertEqual(TrainingConfig.from_json(config.to_json()), config)

    def test_a_whole_number_is_a_number(self):
        self.assertEqual(TrainingConfig.from_json({"augmentation": 1}).augmentation, 1)

    def test_it_names_each_wrong_field_with_the_reason(self):
        impossible = {
            "backbone": ("resnet50", "one of efficientnet_b0"),
            "head": ("huge", "one of simple"),
            "input_size": (100, "multiple of 16"),
            "head_epochs": (-1, "at least 0"),
            "batch_size": (1, "at least 2"),
            "learning_rate": (0, "greater than 0"),
            "backbone_rate_factor": (-0.1, "greater than 0"),
            "optimizer": ("lion", "one of adamw"),
            "weight_decay": (-1, "at least 0"),
            "schedule": ("steps", "one of one_cycle"),
            "loss": ("hinge", "one of cross_entropy"),
            "label_smoothing": (1.0, "at most 0.9"),
            "gradient_clip": (float("nan"), "finite"),
            "ema_decay": (1.0, "at most"),
            "augmentation": ("much", "a number"),
            "class_weights": (1, "true or false"),
            "patience": (0, "at least 1"),
            "seed": (1.5, "a whole number"),
            "weights": ("model.pth", ".safetensors"),
        }
        for name, (value, reason) in impossible.items():
            with self.subTest(name):
                errors = self.reasons(**{name: value})
                self.assertEqual(list(errors), [name])
                self.assertIn(reason, errors[name])

    def test_it_tells_of_all_wrong_fields_at_once(self):
        errors = self.reasons(learning_rate=-1, batch_size=0)
        self.assertEqual(set(errors), {"learning_rate", "batch_size"})

    def test_it_refuses_unknown_settings(self):
        self.assertEqual(self.reasons(rate=1), {"rate": "is not a setting"})

    def test_it_refuses_a_run_without_epochs(self):
        errors = self.reasons(head_epochs=0, top_epochs=0, full_epochs=0)
        self.assertIn("at least 1", errors["full_epochs"])


class CheckDataTests(SimpleTestCase):
    def test_it_accepts_enough_images(self):
        TrainingConfig(batch_size=40).check_data(FULL)

    def test_it_refuses_a_batch_larger_than_the_split(self):
        with self.assertRaises(InvalidConfigError) as caught:
            TrainingConfig(batch_size=41).check_data(FULL)
        self.assertIn("(40 images)", caught.exception.errors["batch_size"])

    def test_it_refuses_an_empty_class(self):
        counts = FULL | {"val": FULL["val"] | {"text": 0}}
        with self.assertRaises(InvalidConfigError) as caught:
            TrainingConfig().check_data(counts)
        self.assertIn("no text images in its val split", caught.exception.errors["dataset"])
