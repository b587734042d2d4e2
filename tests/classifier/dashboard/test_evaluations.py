from datetime import timedelta
from unittest import mock

from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from kombu.exceptions import OperationalError
from PIL import Image

from classifier.models import EvaluationJob, LabelCorrection
from classifier.versions.evaluation_jobs import (
    cancel_evaluation,
)
from classifier.versions.evaluations import add_robustness
from tests.classifier.dashboard.test_pages import DashboardTestCase, make_user
from tests.support.work import do, mark_lost, taken


def make_job(version, dataset) -> EvaluationJob:
    return EvaluationJob.objects.create(version=version, dataset=dataset, split="val")


class EvaluateAgainTests(DashboardTestCase):
    def post(self, **values):
        address = reverse("dashboard:version_evaluate", args=[self.version.pk])
        with self.captureOnCommitCallbacks(execute=True):
            return self.client.post(address, values, follow=True)

    def test_it_gives_the_evaluation_to_a_worker(self):
        with taken() as send:
            response = self.post(dataset=self.dataset.pk, split="val")
            again = self.post(dataset=self.dataset.pk, split="val")
        job = EvaluationJob.objects.get()
        self.assertEqual((job.version, job.dataset, job.split), (self.version, self.dataset, "val"))
        send.assert_called_once_with("evaluation", job.pk)
        self.assertContains(response, "A worker evaluates it")
        self.assertContains(response, "waits for a worker")
        self.assertContains(again, "waits or works already")

    def test_a_queue_that_cannot_be_reached_is_told(self):
        with taken(OperationalError):
            self.post(dataset=self.dataset.pk, split="val")
        response = self.get("version", self.version.pk)
        self.assertContains(response, "The task queue could not be reached")

    def test_a_wrong_choice_is_refused(self):
        with taken() as send:
            for values in ({"dataset": "x", "split": "val"}, {"dataset": self.dataset.pk}):
                self.assertContains(self.post(**values), "Choose a finished dataset")
        send.assert_not_called()

    def test_it_can_be_cancelled(self):
        job = make_job(self.version, self.dataset)
        address = reverse("dashboard:evaluation_cancel", args=[job.pk])
        self.client.post(address)
        job.refresh_from_db()
        self.assertEqual(job.status, "cancelled")

    def test_its_state_is_shown_until_it_is_over(self):
        job = make_job(self.version, self.dataset)
        self.assertContains(self.get("version_jobs", self.version.pk), "waits for a worker")
        EvaluationJob.objects.filter(pk=job.pk).update(status="failed", error="No images.")
        self.assertEqual(self.get("version_jobs", self.version.pk).headers["HX-Refresh"], "true")
        self.assertContains(self.get("version", self.version.pk), "No images.")


class RelabelTests(DashboardTestCase):
    def relabel(self, label):
        self.prediction = self.evaluation.predictions.first()
        address = reverse("dashboard:relabel", args=[self.prediction.pk])
        return self.client.post(address, {"label": label})

    def test_a_label_is_corrected_from_a_cell_of_the_matrix(self):
        truth = self.evaluation.predictions.first().sample.label
        other = "text" if truth != "text" else "simple"
        self.assertContains(self.relabel(other), f"corrected to {other} by boss")
        correction = LabelCorrection.objects.get(sha256=self.prediction.sample.sha256)
        self.assertEqual(correction.label, other)
        query = {"truth": truth, "answer": self.prediction.answer}
        page = self.get("predictions", self.evaluation.pk, **query)
        self.assertContains(page, f"corrected to {other} by boss")

    def test_an_unknown_label_is_refused(self):
        self.assertEqual(self.relabel("lovely").status_code, 400)

    def test_who_may_not_correct_labels_gets_no_buttons(self):
        self.client.force_login(make_user("visitor", is_staff=True))
        self.assertEqual(self.relabel("text").status_code, 403)
        page = self.get("predictions", self.evaluation.pk, truth="simple", answer="simple")
        self.assertNotContains(page, "relabel")


class EvaluationJobTests(DashboardTestCase):
    def setUp(self):
        super().setUp()
        self.job = make_job(self.version, self.dataset)

    def execute(self):
        do("evaluation", self.job.pk)
        self.job.refresh_from_db()

    def test_it_stores_every_method_the_robustness_and_what_decided(self):
        self.execute()
        self.assertEqual((self.job.status, self.job.error), ("succeeded", ""))
        found = {e.method: e for e in self.version.evaluations.filter(split="val")}
        self.assertEqual(set(found), {"neural", "rules", "hybrid"})
        for evaluation in found.values():
            self.assertEqual(evaluation.predictions.count(), evaluation.sample_count)
        neural = found["neural"]
        names = {record["corruption"] for record in neural.metrics["robustness"]}
        self.assertIn("JPEG quality", names)
        self.assertEqual(found["rules"].metrics["answered_by"]["rules"]["share"], 1)
        wrong = neural.predictions.exclude(answer=F("sample__label"))
        for prediction in wrong:
            with Image.open(prediction.saliency_file) as picture:
                self.assertEqual(picture.size, (self.version.input_size,) * 2)
        page = self.get("version", self.version.pk, evaluation=neural.pk)
        self.assertContains(page, "Rotation, degrees")
        answers = self.get("predictions", neural.pk)
        self.assertContains(answers, "What decided the answer", count=wrong.count())
        picture = self.client.get(reverse("dashboard:saliency_image", args=[wrong[0].pk]))
        self.assertEqual(picture.headers["Content-Type"], "image/webp")

    def test_it_is_carried_out_once(self):
        self.job.begin()
        self.execute()
        self.assertFalse(self.version.evaluations.filter(split="val").exists())

    def test_what_went_wrong_is_told(self):
        self.dataset.samples.filter(split="val").delete()
        self.execute()
        self.assertEqual(self.job.status, "failed")
        self.assertIn("has no images in its val split", self.job.error)

    def test_it_stops_when_asked_to(self):
        def cancelled_meanwhile(*what):
            tell = what[-1]
            cancel_evaluation(self.job)
            tell.heartbeat.beat()
            tell(0.5)

        with mock.patch(
            "classifier.versions.evaluation_jobs.evaluate_version", cancelled_meanwhile
        ):
            self.execute()
        self.assertEqual(self.job.status, "cancelled")
        self.assertIsNone(self.job.claim)

    def test_one_whose_worker_fell_silent_is_lost(self):
        self.job.begin()
        long_ago = timezone.now() - timedelta(hours=1)
        EvaluationJob.objects.update(heartbeat_at=long_ago)
        self.assertEqual(mark_lost("evaluation"), 1)
        self.job.refresh_from_db()
        self.assertEqual(self.job.status, "lost")

    def test_robustness_is_stored_with_the_evaluation(self):
        add_robustness(self.evaluation)
        self.evaluation.refresh_from_db()
        records = self.get("version_numbers", self.version.pk, "robustness", "json").json()
        self.assertEqual(records, self.evaluation.metrics["robustness"])
