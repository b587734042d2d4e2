from django.test import TestCase
from django.urls import reverse

from classifier.models import Study, TrainingRun
from classifier.studies.lifecycle import create_study, create_trials
from classifier.training.config import TrainingConfig
from classifier.training.search_space import Budget
from tests.classifier.runs.test_lifecycle import make_dataset
from tests.classifier.studies.test_lifecycle import end_trial
from tests.support.builders import TemporaryRoot, make_admin, make_user
from tests.support.work import patch_queue

FORM = {
    "trials": 3,
    "share": 1,
    "epochs": 2,
    "parallel": 1,
    "parameters": ["learning_rate", "head"],
    "backbone": "efficientnet_lite0",
    "pooling": "last",
    "input_size": 32,
    "head_epochs": 1,
    "top_epochs": 0,
    "full_epochs": 1,
}


class StudyPagesTestCase(TemporaryRoot, TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.dataset = make_dataset(per_class=20)
        cls.admin = make_admin()

    def setUp(self):
        self.client.force_login(self.admin)
        patch_queue(self)

    def get(self, name, *args, **query):
        return self.client.get(reverse(f"dashboard:{name}", args=args), query)

    def post(self, name, *args, **data):
        return self.client.post(reverse(f"dashboard:{name}", args=args), data, follow=True)

    def make_study(self, **values):
        config = TrainingConfig(batch_size=8)
        study = create_study(self.dataset, config, Budget(trials=2), ["head", "learning_rate"])
        (trial,) = create_trials(study.pk)
        return study, trial


class NewStudyTests(StudyPagesTestCase):
    def test_the_form_starts_a_study(self):
        answer = self.post("study_new", dataset=self.dataset.pk, **FORM)
        study = Study.objects.get()
        self.assertRedirects(answer, reverse("dashboard:study", args=[study.pk]))
        self.assertEqual((study.created_by, study.trial_count), (self.admin, 3))
        self.assertEqual(study.config["input_size"], 32)
        self.assertEqual(study.trials.count(), 1)

    def test_what_is_wrong_is_told_at_its_field(self):
        for name, value, message in (
            ("trials", 0, "whole number from 1 to 500"),
            ("share", 3, "0.05 to 1"),
            ("input_size", 33, "multiple of 16"),
            ("parameters", [], "This field is required"),
            ("full_epochs", 9999, "at most 500"),
        ):
            answer = self.post("study_new", dataset=self.dataset.pk, **{**FORM, name: value})
            self.assertContains(answer, message)
        self.assertFalse(Study.objects.exists())

    def test_the_estimate_says_what_it_knows(self):
        answer = self.get("study_estimate", dataset=self.dataset.pk, **FORM)
        self.assertContains(answer, "known after the first trial")
        answer = self.get("study_estimate", dataset=self.dataset.pk, **{**FORM, "trials": "x"})
        self.assertContains(answer, "once the fields are right")

    def test_only_trainers_start_one(self):
        self.client.force_login(make_user("staff", is_staff=True))
        self.assertEqual(self.get("study_new").status_code, 403)
        study, _ = self.make_study()
        for name in ("study_cancel", "study_resume", "study_train"):
            self.assertEqual(self.post(name, study.pk).status_code, 403, name)
        self.assertEqual(self.get("study", study.pk).status_code, 200)
        self.client.logout()
        self.assertEqual(self.get("studies").status_code, 302)


class StudyPageTests(StudyPagesTestCase):
    def test_the_lists_first_sentence_says_what_to_do(self):
        self.assertContains(self.get("studies"), "No study yet. Start one")

    def test_it_shows_trials_and_the_best_settings(self):
        study, trial = self.make_study()
        self.assertContains(self.get("study", study.pk), "appear after the first trial")
        end_trial(trial, value=0.75, values={"head": "enhanced", "learning_rate": 0.00123})
        page = self.get("study", study.pk)
        self.assertContains(page, "Best: trial 1, 75.0%")
        self.assertContains(page, "0.00123")
        self.assertContains(self.get("studies"), "75.0%")
        state = self.get("study_state", study.pk)
        self.assertContains(state, "left")
        self.assertNotContains(state, "<html")

    def test_its_numbers(self):
        study, trial = self.make_study()
        end_trial(trial, value=0.75, values={"head": "enhanced", "learning_rate": 0.001})
        (row,) = self.get("study_numbers", study.pk, "trials", "json").json()
        self.assertEqual((row["number"], row["value"], row["head"]), (1, 0.75, "enhanced"))
        Study.objects.update(importances={"head": 1.0})
        table = self.get("study_numbers", study.pk, "importances", "csv").content.decode()
        self.assertEqual(table.split(), ["setting,importance", "head,1.0"])
        self.assertEqual(self.get("study_numbers", study.pk, "other", "csv").status_code, 404)

    def test_cancel_and_resume(self):
        study, _ = self.make_study()
        self.assertContains(self.post("study_cancel", study.pk), "is cancelled")
        self.assertContains(self.post("study_cancel", study.pk), "nothing to cancel")
        self.assertContains(self.post("study_resume", study.pk), "goes on")
        self.assertContains(self.post("study_resume", study.pk), "cannot be resumed")

    def test_train_with_these_starts_a_full_run(self):
        study, trial = self.make_study()
        self.assertContains(self.post("study_train", study.pk), "no complete trial yet")
        end_trial(trial, value=0.75, values={"head": "enhanced", "learning_rate": 0.001})
        answer = self.post("study_train", study.pk)
        run = TrainingRun.objects.get()
        self.assertRedirects(answer, reverse("dashboard:run", args=[run.pk]))
        self.assertEqual((run.config["head"], run.config["batch_size"]), ("enhanced", 8))
        self.assertEqual(run.config["full_epochs"], TrainingConfig().full_epochs)

    def test_the_admin_lists_studies_and_trials(self):
        study, _ = self.make_study()
        for name in ("study", "trial"):
            page = self.client.get(reverse(f"admin:classifier_{name}_changelist"))
            self.assertContains(page, str(study))
