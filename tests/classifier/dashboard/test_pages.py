import csv
import json

from django.test import TestCase
from django.urls import reverse
from django.utils import timezone

from classifier.dashboard.run_columns import COLUMNS
from classifier.models import EpochMetric, Sample, TrainingRun
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


def make_run(dataset, status=TrainingRun.Status.RUNNING, **values):
    run = TrainingRun.objects.create(
        dataset=dataset,
        dataset_fingerprint=dataset.fingerprint,
        config=TrainingConfig().to_json(),
        status=status,
        heartbeat_at=timezone.now(),
        **values,
    )
    for epoch in (1, 2):
        EpochMetric.objects.create(
            run=run,
            epoch=epoch,
            stage="head",
            train_loss=1.2 / epoch,
            train_accuracy=0.4 * epoch,
            val_loss=1.3 / epoch,
            val_accuracy=0.35 * epoch,
            learning_rate=1e-3,
            images_per_second=50,
            seconds=3,
        )
    return run


class DashboardTestCase(TemporaryRoot, TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.dataset = make_dataset()
        cls.version = make_version()
        cls.evaluation = make_evaluation(cls.version, cls.dataset)
        cls.run_row = make_run(cls.dataset)
        cls.admin = make_admin()

    def setUp(self):
        self.client.force_login(self.admin)

    def get(self, name, *args, **query):
        return self.client.get(reverse(f"dashboard:{name}", args=args), query)


class AccessTests(DashboardTestCase):
    def addresses(self):
        sample = Sample.objects.first()
        return [
            reverse("dashboard:overview"),
            reverse("dashboard:overview_numbers", args=["json"]),
            reverse("dashboard:workers"),
            reverse("dashboard:runs"),
            reverse("dashboard:run", args=[self.run_row.pk]),
            reverse("dashboard:run_state", args=[self.run_row.pk]),
            reverse("dashboard:run_numbers", args=[self.run_row.pk, "csv"]),
            reverse("dashboard:versions"),
            reverse("dashboard:version", args=[self.version.pk]),
            reverse("dashboard:version_numbers", args=[self.version.pk, "classes", "csv"]),
            reverse("dashboard:compare_versions"),
            reverse("dashboard:compare_runs"),
            reverse("dashboard:predictions", args=[self.evaluation.pk]),
            reverse("dashboard:datasets"),
            reverse("dashboard:dataset", args=[self.dataset.pk]),
            reverse("dashboard:dataset_numbers", args=[self.dataset.pk, "csv"]),
            reverse("dashboard:sample_image", args=[sample.pk]),
            reverse("dashboard:audit"),
            reverse("dashboard:traffic_numbers", args=["types", "json"]),
            reverse("dashboard:shadow"),
            reverse("dashboard:shadow_numbers", args=[self.version.pk, "csv"]),
        ]

    def test_anonymous_people_are_sent_to_sign_in(self):
        self.client.logout()
        for address in self.addresses():
            with self.subTest(address):
                response = self.client.get(address)
                self.assertRedirects(response, f"{reverse('login')}?next={address}")

    def test_people_who_are_not_staff_are_refused(self):
        self.client.force_login(make_user("guest"))
        for address in self.addresses():
            with self.subTest(address):
                self.assertEqual(self.client.get(address).status_code, 403)

    def test_staff_see_every_page(self):
        self.client.force_login(make_user("staff", is_staff=True))
        for address in self.addresses():
            with self.subTest(address):
                self.assertEqual(self.client.get(address).status_code, 200)

    def test_staff_without_the_permission_change_nothing(self):
        self.client.force_login(make_user("staff", is_staff=True))
        changes = {
            "run_cancel": self.run_row.pk,
            "run_resume": self.run_row.pk,
            "version_promote": self.version.pk,
            "version_evaluate": self.version.pk,
            "correct": Sample.objects.first().pk,
        }
        for name, pk in changes.items():
            with self.subTest(name):
                response = self.client.post(reverse(f"dashboard:{name}", args=[pk]))
                self.assertEqual(response.status_code, 403)

    def test_changes_need_a_post(self):
        for name in ("run_cancel", "run_resume"):
            self.assertEqual(self.get(name, self.run_row.pk).status_code, 405)
        self.assertEqual(self.get("version_promote", self.version.pk).status_code, 405)

    def test_pages_forbid_foreign_and_inline_scripts(self):
        policy = self.get("overview")["Content-Security-Policy"]
        self.assertIn("default-src 'self'", policy)
        self.assertNotIn("script-src", policy)


class RunPageTests(DashboardTestCase):
    def test_a_working_run_asks_for_its_state_again(self):
        response = self.get("run", self.run_row.pk)
        self.assertContains(response, 'hx-trigger="every 2s"')
        self.assertContains(response, "Cancel the run")

    def test_a_finished_run_is_quiet(self):
        TrainingRun.objects.filter(pk=self.run_row.pk).update(status="succeeded")
        response = self.get("run_state", self.run_row.pk)
        self.assertNotContains(response, "hx-trigger")
        self.assertNotContains(response, "Cancel the run")

    def test_a_silent_worker_is_told_of(self):
        old = timezone.now() - timezone.timedelta(minutes=5)
        TrainingRun.objects.filter(pk=self.run_row.pk).update(heartbeat_at=old)
        self.assertContains(self.get("run_state", self.run_row.pk), "has been silent for 5 min")

    def test_an_error_is_shown_as_text(self):
        TrainingRun.objects.filter(pk=self.run_row.pk).update(
            status="failed", error="The disk <is> full."
        )
        response = self.get("run", self.run_row.pk)
        self.assertContains(response, "The disk &lt;is&gt; full.")
        self.assertContains(response, "Resume the run")

    def test_it_gives_its_numbers_as_json_and_csv(self):
        records = self.get("run_numbers", self.run_row.pk, "json").json()
        self.assertEqual([record["epoch"] for record in records], [1, 2])
        self.assertEqual(records[1]["val_loss"], 0.65)
        lines = self.get("run_numbers", self.run_row.pk, "csv").content.decode().splitlines()
        self.assertEqual(len(list(csv.DictReader(lines))), 2)
        self.assertEqual(self.get("run_numbers", self.run_row.pk, "xml").status_code, 404)

    def test_cancelling_asks_the_run_to_stop(self):
        address = reverse("dashboard:run_cancel", args=[self.run_row.pk])
        response = self.client.post(address, follow=True)
        self.assertContains(response, "is cancelling")
        self.run_row.refresh_from_db()
        self.assertEqual(self.run_row.status, "cancelling")

    def test_cancelling_a_finished_run_says_why_not(self):
        TrainingRun.objects.filter(pk=self.run_row.pk).update(status="succeeded")
        address = reverse("dashboard:run_cancel", args=[self.run_row.pk])
        self.assertContains(self.client.post(address, follow=True), "nothing to cancel")

    def test_an_unknown_run_is_not_found(self):
        self.assertEqual(self.get("run", 999_999).status_code, 404)

    def test_a_run_whose_dataset_is_gone_is_still_shown(self):
        TrainingRun.objects.filter(pk=self.run_row.pk).update(dataset=None)
        self.assertContains(self.get("run", self.run_row.pk), "Its dataset was deleted")
        self.assertContains(self.get("runs"), "deleted")


class VersionPageTests(DashboardTestCase):
    def test_it_shows_figures_gate_and_matrix(self):
        response = self.get("version", self.version.pk)
        self.assertContains(response, "Balanced accuracy")
        self.assertContains(response, "Gate to production")
        self.assertContains(response, "drawn by the project")
        matrix = response.context["matrix"]
        self.assertEqual(
            [row["total"] for row in matrix],
            [sum(row) for row in self.evaluation.metrics["confusion_matrix"]],
        )

    def test_each_chart_has_its_numbers(self):
        for table in ("headline", "classes", "confusion", "reliability", "coverage"):
            with self.subTest(table):
                args = (self.version.pk, table)
                self.assertTrue(self.get("version_numbers", *args, "json").json())
                self.assertEqual(self.get("version_numbers", *args, "csv").status_code, 200)
        self.assertEqual(self.get("version_numbers", *args[:1], "wages", "csv").status_code, 404)

    def test_a_cell_opens_its_images(self):
        response = self.get("predictions", self.evaluation.pk, truth="simple", answer="complex")
        matrix = self.evaluation.metrics["confusion_matrix"]
        self.assertEqual(response.context["page"].paginator.count, matrix[0][3])

    def test_without_a_cell_it_lists_the_wrong_answers(self):
        wrong = self.evaluation.sample_count - round(
            self.evaluation.accuracy * self.evaluation.sample_count
        )
        page = self.get("predictions", self.evaluation.pk).context["page"]
        self.assertEqual(page.paginator.count, wrong)

    def test_a_version_without_evaluation_shows_what_its_manifest_says(self):
        version = make_version("measured", metrics={"test": self.evaluation.metrics})
        self.assertContains(self.get("version", version.pk), "Confusion matrix")

    def test_a_version_that_was_never_measured_says_so(self):
        version = make_version("unmeasured")
        self.assertContains(self.get("version", version.pk), "not evaluated yet")
        response = self.get("version_numbers", version.pk, "classes", "json")
        self.assertEqual(response.status_code, 404)

    def test_an_evaluation_of_another_version_is_not_found(self):
        version = make_version("other")
        response = self.get("version", version.pk, evaluation=self.evaluation.pk)
        self.assertEqual(response.status_code, 404)

    def test_promoting_puts_it_in_production(self):
        version = make_version("good", metrics=passing_metrics())
        address = reverse("dashboard:version_promote", args=[version.pk])
        self.assertContains(self.client.post(address, follow=True), "serves now")
        version.refresh_from_db()
        self.assertEqual(version.stage, "production")

    def test_a_broken_version_is_not_promoted(self):
        version = make_version("broken")
        (version.folder / "model.onnx").write_bytes(b"nothing")
        address = reverse("dashboard:version_promote", args=[version.pk])
        self.assertContains(self.client.post(address, follow=True), "cannot serve")
        version.refresh_from_db()
        self.assertEqual(version.stage, "candidate")

    def test_the_gate_compares_with_production(self):
        put_in_production(self.version)
        rival = make_version("rival")
        make_evaluation(rival, self.dataset)
        check = self.get("version", rival.pk).context["gate"][-1]
        self.assertIs(check.passed, True)  # the same answers are not worse


class RunListTests(DashboardTestCase):
    def describe(self, **values):
        address = reverse("dashboard:run_describe", args=[self.run_row.pk])
        return self.client.post(address, values, follow=True)

    def test_tags_and_notes_are_kept_and_found(self):
        self.describe(tags="baseline, twins  baseline", notes="First one.\x00")
        self.run_row.refresh_from_db()
        self.assertEqual((self.run_row.tags, self.run_row.notes), ("baseline twins", "First one."))
        other = make_run(self.dataset, status="succeeded", tags="baselines")
        rows = [row["run"] for row in self.get("runs", tag="baseline").context["rows"]]
        self.assertEqual(rows, [self.run_row])
        self.assertContains(self.get("runs", tag="none"), "No run has this tag")
        self.assertContains(self.get("run", other.pk), "baselines")

    def test_tags_that_are_too_long_are_refused(self):
        self.assertContains(self.describe(tags="x" * 201), "200 characters at most")

    def test_columns_are_chosen_and_remembered(self):
        def titles(**query):
            return [column.title for column in self.get("runs", **query).context["columns"]]

        self.assertIn("Dataset", titles())
        chosen = ["Validation accuracy", "Learning rate"]
        self.assertEqual(titles(column=["learning_rate", "val_accuracy", "nonsense"]), chosen)
        self.assertEqual(titles(), chosen)
        self.assertContains(self.get("runs"), "70.0%")

    def test_every_column_can_be_shown(self):
        self.version.run = make_run(self.dataset, status="succeeded")
        self.version.save()
        self.assertEqual(self.get("runs", column=list(COLUMNS)).status_code, 200)


class OverviewTests(DashboardTestCase):
    def test_it_shows_what_serves(self):
        put_in_production(self.version)
        self.assertContains(self.get("overview"), "Test accuracy")
        records = json.loads(self.get("overview_numbers", "json").content)
        self.assertEqual(records[0]["version"], "tiny")
        self.assertEqual(records[0]["accuracy"], self.evaluation.accuracy)

    def test_an_empty_house_says_what_to_do(self):
        TrainingRun.objects.all().delete()
        self.version.delete()
        self.dataset.delete()
        response = self.get("overview")
        self.assertContains(response, "build_dataset")
        self.assertContains(response, "No run yet")
        self.assertContains(self.get("versions"), "No version yet")
        self.assertContains(self.get("datasets"), "No dataset yet")
        self.assertContains(self.get("audit"), "no finished dataset")


class DatasetPageTests(DashboardTestCase):
    def test_it_counts_by_class_and_split(self):
        records = self.get("dataset_numbers", self.dataset.pk, "json").json()
        counts = {(r["class"], r["split"]): r["count"] for r in records}
        self.assertEqual(
            counts["simple", "train"],
            self.dataset.samples.filter(label="simple", split="train").count(),
        )

    def test_an_image_is_served_with_its_type(self):
        response = self.get("sample_image", Sample.objects.first().pk)
        self.assertEqual(response["Content-Type"], "image/png")
        self.assertEqual(response["X-Content-Type-Options"], "nosniff")
        self.assertTrue(b"".join(response.streaming_content).startswith(b"\x89PNG"))

    def test_nothing_outside_the_dataset_is_served(self):
        (self.dataset.folder.parent / "secret.png").write_bytes(b"secret")
        (self.dataset.folder / "page.html").write_text("<script>")
        for path in ("../secret.png", "page.html", "images/missing.png"):
            with self.subTest(path):
                sample = Sample.objects.first()
                Sample.objects.filter(pk=sample.pk).update(path=path)
                self.assertEqual(self.get("sample_image", sample.pk).status_code, 404)
