from unittest import mock

from django.test import SimpleTestCase

from classifier import tasks


class TrainTaskTests(SimpleTestCase):
    def test_it_acknowledges_before_it_works(self):
        """A run outlives the visibility timeout; acknowledged late, it would start twice."""
        self.assertFalse(tasks.train.acks_late)

    def test_it_carries_out_the_run(self):
        with mock.patch("classifier.runs.execution.execute_run") as execute_run:
            tasks.train(7)
        execute_run.assert_called_once_with(7)
