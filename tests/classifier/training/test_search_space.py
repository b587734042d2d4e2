from django.test import SimpleTestCase

from classifier.training.config import InvalidConfigError, TrainingConfig
from classifier.training.search_space import (
    PARAMETERS,
    Budget,
    Parameter,
    choose_space,
    trial_config,
    trial_seconds,
)


class ParameterTests(SimpleTestCase):
    def test_every_parameter_is_a_setting_and_its_limits_are_allowed(self):
        for name, parameter in PARAMETERS.items():
            for value in parameter.choices or (parameter.low, parameter.high):
                self.assertEqual(getattr(TrainingConfig(**{name: value}), name), value)

    def test_json_and_back(self):
        for parameter in PARAMETERS.values():
            self.assertEqual(Parameter.from_json(parameter.to_json()), parameter)


class ChooseSpaceTests(SimpleTestCase):
    def test_batches_larger_than_the_trials_split_are_left_out(self):
        space = choose_space(["batch_size", "head"], 40, 32)
        self.assertEqual(space["batch_size"].choices, (16, 32))
        self.assertEqual(list(space), ["head", "batch_size"])

    def test_a_split_too_small_for_any_batch_is_refused(self):
        with self.assertRaisesMessage(InvalidConfigError, "share: leaves 15 images"):
            choose_space(["batch_size"], 15, 8)
        with self.assertRaisesMessage(InvalidConfigError, "share: leaves 15 images"):
            choose_space(["head"], 15, 32)
        self.assertEqual(list(choose_space(["head"], 15, 8)), ["head"])

    def test_unknown_and_no_parameters_are_refused(self):
        with self.assertRaisesMessage(InvalidConfigError, "backbone cannot be varied"):
            choose_space(["backbone", "head"], 100, 32)
        with self.assertRaisesMessage(InvalidConfigError, "parameters: is empty"):
            choose_space([], 100, 32)


class BudgetTests(SimpleTestCase):
    def test_it_names_what_is_wrong(self):
        with self.assertRaises(InvalidConfigError) as caught:
            Budget(trials=0, share=2, epochs=True, parallel="2")
        self.assertEqual(set(caught.exception.errors), {"trials", "share", "epochs", "parallel"})


class TrialConfigTests(SimpleTestCase):
    def test_stages_keep_their_share_of_the_epochs(self):
        config = TrainingConfig(head_epochs=4, top_epochs=0, full_epochs=12)
        short = trial_config(config, {"head": "enhanced"}, 4)
        self.assertEqual((short.head_epochs, short.top_epochs, short.full_epochs), (1, 0, 3))
        self.assertEqual(short.head, "enhanced")

    def test_a_trial_has_as_many_epochs_as_it_was_given(self):
        for epochs in range(1, 20):
            self.assertEqual(trial_config(TrainingConfig(), {}, epochs).epochs, epochs)

    def test_a_single_epoch_trains_the_whole_network(self):
        short = trial_config(TrainingConfig(), {}, 1)
        self.assertEqual((short.head_epochs, short.top_epochs, short.full_epochs), (0, 0, 1))

    def test_impossible_values_are_refused(self):
        with self.assertRaises(InvalidConfigError):
            trial_config(TrainingConfig(), {"learning_rate": -1}, 3)


class TrialSecondsTests(SimpleTestCase):
    def test_it_grows_with_share_epochs_and_area(self):
        config = TrainingConfig(head_epochs=0, top_epochs=0, full_epochs=8)
        self.assertEqual(trial_seconds(config, Budget(share=0.5, epochs=4), 1000, 50, 128), 40)
        self.assertEqual(trial_seconds(config, Budget(share=0.5, epochs=4), 1000, 50, 64), 160)
