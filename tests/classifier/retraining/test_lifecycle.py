"""When a retraining starts, and how its steps hang together. The steps themselves are stand-ins."""

import shutil
from datetime import timedelta
from unittest import mock

from django.test import TestCase
from django.urls import reverse
from django.utils import timezone

from classifier.models import (
    Event,
    LabelCorrection,
    ModelVersion,
    Notice,
    Prediction,
    Proposal,
    Retraining,
    RetrainingSchedule,
)
from classifier.notices.subscribing import subscribe
from classifier.retraining.lifecycle import (
    RetrainingError,
    resume_retraining,
    start_if_due,
    start_retraining,
    steps_of,
)
from classifier.retraining.waiting import waiting_labels
from classifier.training.config import TrainingConfig
from classifier.versions.evaluations import evaluate_version
from classifier.versions.promotion import put_in_production, set_shadow
from classifier.versions.registry import register_version
from tests.support.builders import TemporaryRoot, make_admin, make_dataset, make_version
from tests.support.versions import make_version_folder
from tests.support.work import do, patch_queue

PIPELINE = "classifier.retraining.pipeline"


class RetrainingCase(TemporaryRoot, TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.dataset = make_dataset(14, "logos-1")
        config = TrainingConfig(backbone="efficientnet_lite0", input_size=32).to_json()
        cls.production = make_version("serving", config=config)
        ModelVersion.objects.filter(pk=cls.production.pk).update(
            dataset_fingerprint=cls.dataset.fingerprint,
            created_at=timezone.now() - timedelta(days=1),
        )
        cls.production.refresh_from_db()
        put_in_production(cls.production)

    def setUp(self):
        self.send = patch_queue(self)
        # The tiny version of tests has no weights to go on from.
        weights = mock.patch("classifier.runs.starts._weights_of", return_value="model.onnx")
        weights.start()
        self.addCleanup(weights.stop)

    def correct(self, count=1, label="text", **values):
        known = LabelCorrection.objects.values("sha256")
        for sample in self.dataset.samples.filter(label="simple").exclude(sha256__in=known)[:count]:
            LabelCorrection.objects.create(
                sha256=sample.sha256, label=label, measured_label="simple", **values
            )

    def schedule(self, **values):
        values = {"enabled": True, "threshold": 3, "full_epochs": 1, "head_epochs": 0} | values
        return RetrainingSchedule.objects.create(pk=1, **values)


class WaitingTests(RetrainingCase):
    def test_it_counts_labels_that_changed_and_proposals_that_were_accepted(self):
        self.correct(2)
        self.correct(1, label="simple")  # a confirmation teaches nothing
        for number, status in enumerate(("accepted", "rejected", "proposed")):
            Proposal.objects.create(
                sha256=str(number), label="text", status=status, decided_at=timezone.now()
            )
        self.assertEqual((waiting_labels().corrections, waiting_labels().proposals), (2, 1))

    def test_what_a_retraining_saw_is_not_new(self):
        self.correct(2, corrected_at=timezone.now() - timedelta(hours=1))
        Retraining.objects.create(production=self.production)
        self.assertEqual(waiting_labels().count, 0)


class ScheduleTests(RetrainingCase):
    def test_it_is_off_until_somebody_turns_it_on(self):
        self.correct(5)
        self.assertIsNone(start_if_due())

    def test_it_starts_when_enough_labels_wait_and_not_before(self):
        self.schedule()
        self.correct(2)
        self.assertIsNone(start_if_due())
        self.correct(1)
        with self.captureOnCommitCallbacks(execute=True):
            row = start_if_due()
        self.assertEqual((row.corrections, row.base, row.created_by), (3, self.dataset, None))
        self.send.assert_called_once_with("retraining", row.pk)
        self.assertIsNone(start_if_due())  # one at a time

    def test_a_failed_one_does_not_start_again_by_itself(self):
        self.schedule()
        self.correct(3)
        start_if_due()
        Retraining.objects.update(status="failed")
        self.assertIsNone(start_if_due())

    def test_without_the_dataset_of_production_it_says_so(self):
        ModelVersion.objects.update(dataset_fingerprint="e" * 64)
        with self.assertRaisesMessage(RetrainingError, "is not here: build or import it"):
            start_retraining()

    def test_without_weights_to_go_on_from_it_says_so(self):
        with (
            mock.patch("classifier.runs.starts._weights_of", return_value=""),
            self.assertRaisesMessage(RetrainingError, "has no weights"),
        ):
            start_retraining()


class StepsTests(RetrainingCase):
    def setUp(self):
        super().setUp()
        self.schedule()
        self.correct(3)
        self.row = start_retraining()
        self.done = []
        self.enterContext(mock.patch(f"{PIPELINE}.carry_out", self.carry_out))

    def carry_out(self, step):
        """Stand in for the steps that take long: training, and measuring variants."""
        from classifier.work.execution import carry_out

        self.done.append(type(step).__name__)
        if type(step).__name__ in self.failing:
            type(step).objects.filter(pk=step.pk).update(status="failed", error="The disk is full.")
        elif type(step).__name__ == "TrainingRun":
            folder = make_version_folder(self.production.folder.parent, f"run{step.pk}")
            self.addCleanup(shutil.rmtree, folder)
            register_version(folder, run=step)
            type(step).objects.filter(pk=step.pk).update(status="succeeded")
        elif type(step).__name__ == "VariantMeasurement":
            type(step).objects.filter(pk=step.pk).update(status="succeeded")
        else:
            carry_out(step)
        return type(step).objects.get(pk=step.pk)

    failing = ()

    def go(self):
        row = do("retraining", self.row.pk)
        self.row.refresh_from_db()
        return row

    def test_it_ends_with_a_candidate_in_the_shadow_and_promotes_nothing(self):
        row = self.go()
        self.assertEqual((row.status, row.error), ("succeeded", ""))
        self.assertEqual(
            self.done,
            ["DatasetBuild", "TrainingRun", "VariantMeasurement", "EvaluationJob", "EvaluationJob"],
        )
        self.assertEqual(row.candidate.stage, "shadow")
        self.assertEqual(row.result["p_value"], 1)  # it answers as production does
        self.assertEqual(row.result["notes"], ["It runs as shadow."])
        self.production.refresh_from_db()
        self.assertEqual(self.production.stage, "production")
        config = row.run.config
        self.assertEqual(
            (config["start_from"], config["full_epochs"], config["head_epochs"]), ("serving", 1, 0)
        )
        self.assertEqual(row.dataset.samples.filter(label="text").count(), 14 + 3)
        self.assertEqual({s.status for s in steps_of(row).values()}, {"succeeded"})

    def test_a_step_that_fails_ends_it_and_it_goes_on_from_there(self):
        self.failing = ("TrainingRun",)
        row = self.go()
        self.assertEqual((row.status, row.error), ("failed", f"{row.run}: The disk is full."))
        self.failing, before = (), len(self.done)
        with mock.patch("classifier.runs.lifecycle.enqueue"):
            resume_retraining(row)
        self.assertEqual(self.go().status, "succeeded")
        self.assertEqual(self.done[before], "TrainingRun")
        self.assertEqual(Retraining.objects.count(), 1)

    def test_variants_that_cannot_be_measured_are_a_note(self):
        self.failing = ("VariantMeasurement",)
        row = self.go()
        self.assertEqual(row.status, "succeeded")
        self.assertIn("serves as it was trained", row.result["notes"][0])

    def test_a_fault_that_nobody_foresaw_in_variants_is_a_note_too(self):
        normal = self.carry_out

        def faulty(step):
            if type(step).__name__ != "VariantMeasurement":
                return normal(step)
            type(step).objects.filter(pk=step.pk).update(status="failed", error="ValueError: no")
            raise ValueError("no")

        with mock.patch(f"{PIPELINE}.carry_out", faulty), self.assertLogs(PIPELINE, "ERROR"):
            row = self.go()
        self.assertEqual((row.status, row.candidate.stage), ("succeeded", "shadow"))
        self.assertIn("ValueError: no", row.result["notes"][0])

    def test_stopping_a_step_stops_it(self):
        def stopped(step):
            type(step).objects.filter(pk=step.pk).update(status="cancelled")
            return type(step).objects.get(pk=step.pk)

        with mock.patch(f"{PIPELINE}.carry_out", stopped):
            self.assertEqual(self.go().status, "cancelled")

    def test_stopping_it_stops_the_step_that_goes_on(self):
        self.client.force_login(make_admin())
        stop = mock.patch(f"{PIPELINE}.carry_out", side_effect=KeyboardInterrupt)
        with stop, self.assertRaises(KeyboardInterrupt):
            do("retraining", self.row.pk)
        self.row.refresh_from_db()
        Retraining.objects.update(status="running")
        build = self.row.dataset.build
        build.begin()
        self.client.post(reverse("dashboard:work_cancel", args=["retraining", self.row.pk]))
        build.refresh_from_db()
        self.row.refresh_from_db()
        self.assertEqual((self.row.status, build.status), ("cancelling", "cancelling"))

    def test_a_shadow_that_a_person_chose_stays(self):
        chosen = make_version("chosen")
        self.addCleanup(shutil.rmtree, chosen.folder)
        set_shadow(chosen)
        row = self.go()
        chosen.refresh_from_db()
        self.assertEqual((chosen.stage, row.candidate.stage), ("shadow", "candidate"))
        self.assertIn("chosen does", row.result["notes"][0])

    def test_one_that_is_worse_beyond_chance_runs_not_as_shadow(self):
        right = {n: i for i, n in enumerate(("simple", "text", "gradient", "complex"))}

        def evaluate(version, dataset, split, tell):
            """Let production be right everywhere and the candidate nowhere."""
            evaluation = evaluate_version(version, dataset, split)
            names = list(right)
            for row in Prediction.objects.filter(evaluation=evaluation).select_related("sample"):
                truth = right[row.sample.label]
                row.answer = names[truth if version == self.production else (truth + 1) % 4]
                row.save()
            return evaluation

        with mock.patch("classifier.versions.evaluation_jobs.evaluate_version", evaluate):
            row = self.go()
        self.assertLess(row.result["p_value"], 0.05)
        self.assertEqual(row.candidate.stage, "candidate")
        self.assertIn("worse than production", row.result["notes"][0])

    def test_whoever_subscribed_is_told(self):
        subscribe("mail", "a@example.org", [Event.RETRAINING_ENDED], None)
        self.go()
        notice = Notice.objects.get()
        self.assertEqual(notice.data["status"], "succeeded")
        self.assertIn("It runs as shadow.", notice.text)


class PageTests(RetrainingCase):
    def setUp(self):
        super().setUp()
        self.client.force_login(make_admin())

    def page(self, name, *args):
        return self.client.get(reverse(f"dashboard:{name}", args=args))

    def post(self, name, *args, **values):
        address = reverse(f"dashboard:{name}", args=args)
        return self.client.post(address, values, follow=True)

    def test_an_empty_page_says_what_to_do(self):
        response = self.page("retrainings")
        self.assertContains(response, "No retraining yet")
        self.assertContains(response, "By itself: off")

    def test_the_schedule_is_set_with_who_did_it(self):
        values = {"threshold": 7, "head_epochs": 0, "top_epochs": 0, "full_epochs": 2}
        self.post("retraining_schedule", **values, enabled="on")
        schedule = RetrainingSchedule.load()
        self.assertEqual(
            (schedule.enabled, schedule.shadow, schedule.threshold, schedule.changed_by),
            (True, False, 7, "boss"),
        )
        self.assertContains(self.page("retrainings"), "7 more start a retraining")

    def test_a_schedule_that_cannot_work_is_refused(self):
        values = {"threshold": 7, "head_epochs": 0, "top_epochs": 0, "full_epochs": 2}
        for wrong, reason in (
            ({"threshold": 0}, "From 1 to 10,000"),
            ({"full_epochs": 501}, "500 at most"),
            ({"full_epochs": 0}, "At least one epoch"),
            ({"threshold": "x"}, "Enter a whole number"),
        ):
            with self.subTest(reason):
                self.assertContains(self.post("retraining_schedule", **values | wrong), reason)
        self.assertFalse(RetrainingSchedule.objects.exists())

    def test_one_starts_at_once_on_wish_and_its_page_shows_the_steps(self):
        response = self.post("retraining_start")
        self.assertContains(response, "not begun", count=5)
        self.assertContains(response, "Stop all of it")
        self.assertContains(self.post("retraining_start"), "going on already")

    def test_a_failed_one_offers_to_go_on(self):
        row = start_retraining()
        Retraining.objects.update(status="failed", error="The disk is full.")
        response = self.page("retraining", row.pk)
        self.assertContains(response, "Let it go on")
        self.post("retraining_resume", row.pk)
        row.refresh_from_db()
        self.assertEqual(row.status, "queued")
        self.assertContains(self.post("retraining_resume", row.pk), "going on already")
