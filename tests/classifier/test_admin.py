from django.test import TestCase
from django.urls import reverse
from kombu.exceptions import OperationalError

from classifier.models import ModelVersion, RateTest, TrainingRun
from classifier.training.config import TrainingConfig
from classifier.versions.promotion import put_in_production
from tests.support.builders import (
    TemporaryRoot,
    make_admin,
    make_dataset,
    make_evaluation,
    make_user,
    make_version,
)
from tests.support.versions import passing_metrics
from tests.support.work import taken

ADD = "/admin/classifier/trainingrun/add/"
CONFIRMED = {"_form_submitted": "True"}


class AdminTestCase(TemporaryRoot, TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.dataset = make_dataset()
        cls.admin = make_admin()

    def setUp(self):
        self.client.force_login(self.admin)

    def confirm(self, action, row):
        name = f"admin:classifier_{row._meta.model_name}_{action}"
        response = self.client.post(reverse(name, args=[row.pk]), CONFIRMED)
        row.refresh_from_db()
        return response


class StartTrainingTests(AdminTestCase):
    def start(self, **changes):
        values = TrainingConfig(batch_size=8).to_json() | {"dataset": self.dataset.pk} | changes
        values = {f"run-{name}": value for name, value in values.items() if value is not False}
        with (
            taken() as send,
            self.captureOnCommitCallbacks(execute=True),
        ):
            response = self.client.post(ADD, values)
        return response, send

    def test_it_creates_a_run_and_tells_a_worker(self):
        response, send = self.start(full_epochs=3, flip=True)
        run = TrainingRun.objects.get()
        page = reverse("dashboard:run", args=[run.pk])
        self.assertRedirects(response, page, fetch_redirect_response=False)
        self.assertEqual((run.status, run.created_by), ("queued", self.admin))
        self.assertEqual(
            run.config, TrainingConfig(batch_size=8, full_epochs=3, flip=True).to_json()
        )
        send.assert_called_once_with("training_run", run.pk)

    def assert_refused_at(self, field, reason, **changes):
        response, send = self.start(**changes)
        self.assertEqual(response.status_code, 200)
        errors = response.context["adminform"].form.errors
        self.assertIn(reason, str(errors[field]))
        self.assertFalse(TrainingRun.objects.exists())
        send.assert_not_called()

    def test_a_wrong_setting_is_told_at_its_field(self):
        self.assert_refused_at("input_size", "multiple of 16", input_size=100)
        self.assert_refused_at("learning_rate", "greater than 0", learning_rate=0)
        self.assert_refused_at("batch_size", "larger than the training split", batch_size=512)
        self.assert_refused_at("weights", ".safetensors", weights="model.pickle")
        self.assert_refused_at("seed", "whole number", seed="three")
        self.assert_refused_at("learning_rate", "Enter a number", learning_rate="inf")

    def test_a_dataset_without_a_class_is_told_at_the_dataset(self):
        self.dataset.samples.filter(label="text", split="val").delete()
        self.assert_refused_at("dataset", "no text images in its val split")

    def initial(self, **query):
        form = self.client.get(ADD, query).context["adminform"].form
        return {name: form.get_initial_for_field(f, name) for name, f in form.fields.items()}

    def test_a_run_is_cloned_with_its_settings(self):
        config = TrainingConfig(batch_size=8, head="enhanced", flip=True)
        run = TrainingRun.objects.create(dataset=self.dataset, config=config.to_json())
        values = self.initial(clone=run.pk)
        self.assertEqual(
            (values["dataset"], values["head"], values["flip"]), (self.dataset.pk, "enhanced", True)
        )

    def test_a_rate_test_gives_its_rate(self):
        test = RateTest.objects.create(
            dataset=self.dataset,
            config=TrainingConfig(batch_size=8).to_json(),
            steps=20,
            suggested_rate=0.00123456,
        )
        values = self.initial(rate_test=test.pk)
        self.assertEqual((values["learning_rate"], values["batch_size"]), (0.00123, 8))

    def test_nonsense_clones_nothing(self):
        self.assertEqual(self.initial(clone="²", rate_test="999")["batch_size"], 32)

    def test_an_unfinished_dataset_is_not_offered(self):
        self.dataset.status = "building"
        self.dataset.save()
        self.assert_refused_at("dataset", "not one of the available choices")

    def test_the_form_has_every_setting(self):
        response = self.client.get(ADD)
        for name in TrainingConfig().to_json():
            self.assertContains(response, f'name="run-{name}"')

    def test_staff_without_the_permission_are_refused(self):
        self.client.force_login(make_user("staff", is_staff=True))
        self.assertEqual(self.client.get(ADD).status_code, 403)


class RunActionTests(AdminTestCase):
    def setUp(self):
        super().setUp()
        self.run_row = TrainingRun.objects.create(
            dataset=self.dataset,
            dataset_fingerprint=self.dataset.fingerprint,
            config=TrainingConfig().to_json(),
        )

    def page(self):
        return self.client.get(
            reverse("admin:classifier_trainingrun_change", args=[self.run_row.pk])
        )

    def test_a_waiting_run_is_cancelled(self):
        self.assertContains(self.page(), "Cancel")
        response = self.confirm("cancel", self.run_row)
        self.assertIn("HX-Redirect", response)
        self.assertEqual(self.run_row.status, "cancelled")

    def test_a_cancelled_run_is_resumed(self):
        self.confirm("cancel", self.run_row)
        self.assertContains(self.page(), "Resume")
        self.confirm("resume", self.run_row)
        self.assertEqual(self.run_row.status, "queued")

    def test_a_queue_that_cannot_be_reached_is_told_of(self):
        self.confirm("cancel", self.run_row)
        refusal = OperationalError("refused")
        with (
            taken(refusal),
            self.captureOnCommitCallbacks(execute=True),
        ):
            self.confirm("resume", self.run_row)
        self.run_row.refresh_from_db()
        self.assertEqual(self.run_row.status, "failed")
        self.assertContains(self.page(), "The task queue could not be reached")

    def test_opening_the_dialog_changes_nothing(self):
        self.client.get(reverse("admin:classifier_trainingrun_cancel", args=[self.run_row.pk]))
        self.run_row.refresh_from_db()
        self.assertEqual(self.run_row.status, "queued")

    def test_a_finished_run_is_not_cancelled(self):
        TrainingRun.objects.update(status="succeeded")
        self.confirm("cancel", self.run_row)
        self.assertEqual(self.run_row.status, "succeeded")
        self.assertContains(self.page(), "nothing to cancel")

    def test_an_error_is_shown(self):
        TrainingRun.objects.update(status="failed", error="The disk is full.")
        self.assertContains(self.page(), "The disk is full.")


class VersionActionTests(AdminTestCase):
    def test_a_version_is_promoted_and_the_old_one_retired(self):
        old, new = make_version("old"), make_version("new", metrics=passing_metrics())
        put_in_production(old)
        self.confirm("promote", new)
        old.refresh_from_db()
        self.assertEqual((old.stage, new.stage), ("retired", "production"))

    def test_a_version_that_its_gate_refuses_comes_to_the_page_that_says_why(self):
        version = make_version("unknown")
        response = self.confirm("promote", version)
        gate = reverse("dashboard:version_gate", args=[version.pk])
        self.assertEqual((version.stage, response["HX-Redirect"]), ("candidate", gate))

    def test_a_broken_version_is_not_promoted(self):
        version = make_version("broken")
        (version.folder / "model.onnx").write_bytes(b"nothing")
        self.confirm("promote", version)
        self.assertEqual(version.stage, "candidate")

    def test_a_candidate_is_retired(self):
        version = make_version("candidate")
        self.confirm("retire", version)
        self.assertEqual(version.stage, "retired")

    def test_the_version_that_serves_is_not_deleted(self):
        version = make_version("serving")
        put_in_production(version)
        address = reverse("admin:classifier_modelversion_delete", args=[version.pk])
        self.assertEqual(self.client.post(address, {"post": "yes"}).status_code, 403)
        self.assertTrue(ModelVersion.objects.filter(pk=version.pk).exists())


class ListTests(AdminTestCase):
    def test_every_list_and_page_opens(self):
        version = make_version("seen")
        evaluation = make_evaluation(version, self.dataset)
        for row in (version, evaluation, self.dataset, self.dataset.samples.first()):
            name = f"admin:classifier_{row._meta.model_name}"
            with self.subTest(name):
                self.assertEqual(self.client.get(reverse(f"{name}_changelist")).status_code, 200)
                page = self.client.get(reverse(f"{name}_change", args=[row.pk]))
                self.assertEqual(page.status_code, 200)
        address = reverse("admin:classifier_labelcorrection_changelist")
        self.assertEqual(self.client.get(address).status_code, 200)

    def test_samples_have_thumbnails(self):
        page = self.client.get(reverse("admin:classifier_sample_changelist"))
        sample = page.context["cl"].result_list[0]
        self.assertContains(page, reverse("dashboard:sample_image", args=[sample.pk]))

    def test_rows_of_the_program_are_not_edited(self):
        address = reverse("admin:classifier_sample_change", args=[self.dataset.samples.first().pk])
        self.assertEqual(self.client.post(address, {"label": "text"}).status_code, 403)
