from unittest import mock

from celery import current_app
from django.test import SimpleTestCase

from classifier import tasks
from classifier.work.kinds import all_kinds
from classifier.work.queue import TASK, send


class CarryOutTaskTests(SimpleTestCase):
    def test_it_acknowledges_before_it_works(self):
        """A run outlives the visibility timeout; acknowledged late, it would start twice."""
        self.assertFalse(tasks.carry_out.acks_late)

    def test_it_carries_out_the_row(self):
        with mock.patch("classifier.tasks.carry_out_queued") as carry_out_queued:
            tasks.carry_out("training_run", 7)
        carry_out_queued.assert_called_once_with("training_run", 7)

    def test_it_has_the_name_that_the_queue_sends(self):
        self.assertEqual(tasks.carry_out.name, TASK)

    def test_every_kind_goes_to_its_queue(self):
        with mock.patch.object(current_app.amqp, "send_task_message") as message:
            for kind in all_kinds():
                send(kind.name, 7)
                self.assertEqual(message.call_args.kwargs["queue"].name, kind.queue)
