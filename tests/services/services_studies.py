"""A study by worker processes, one of which is killed in the middle of a trial."""

from datetime import timedelta

from django.test import TransactionTestCase
from django.utils import timezone

from classifier.conf import conf
from classifier.models import Study, Trial
from classifier.studies.lifecycle import best_trial, start_study
from classifier.training.config import TrainingConfig
from classifier.training.search_space import Budget
from tests.services.servers import wait_for
from tests.support.broker import real_broker
from tests.support.builders import make_dataset
from tests.support.work import mark_lost
from tests.support.worker import real_worker

CONFIG = TrainingConfig(
    backbone="efficientnet_lite0", input_size=32, batch_size=8, head_epochs=1, top_epochs=0,
    full_epochs=1,
)  # fmt: skip


class StudyTests(TransactionTestCase):
    def test_a_killed_workers_trial_fails_and_another_worker_ends_the_study(self):
        dataset = make_dataset(per_class=20)
        with real_broker() as url:
            with real_worker(url) as worker:
                study = start_study(dataset, CONFIG, Budget(trials=3, share=0.5, epochs=100))
                wait_for(lambda: Trial.objects.filter(status="running").exists(), "a trial runs")
                worker.kill()
            long_ago = timedelta(seconds=conf.HEARTBEAT_TIMEOUT_SECONDS + 1)
            Study.objects.update(epochs=2)
            self.assertEqual(mark_lost("trial"), 0)
            Trial.objects.update(heartbeat_at=timezone.now() - long_ago)
            self.assertEqual(mark_lost("trial"), 1)
            with real_worker(url):
                wait_for(lambda: Study.objects.get().status == "succeeded", "the study ends")
        states = list(study.trials.values_list("status", flat=True))
        self.assertEqual(states[0], Trial.Status.FAILED)
        self.assertEqual(len(states), 3)
        self.assertEqual(best_trial(study).values.keys(), study.space.keys())
        self.assertFalse(study.folder.exists())
