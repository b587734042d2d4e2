from unittest import mock

from django.core.cache import cache
from django.urls import reverse
from kombu.exceptions import OperationalError

from classifier.versions.evaluations import evaluate_method
from tests.classifier.dashboard.test_pages import DashboardTestCase, make_run
from tests.support.builders import make_evaluation, make_version


class CompareVersionsTests(DashboardTestCase):
    def test_equal_versions_agree_everywhere(self):
        rival = make_version("same")
        make_evaluation(rival, self.dataset)
        response = self.get("compare_versions", first=self.version.pk, second=rival.pk)
        result = response.context["result"]
        self.assertEqual((result.first_only, result.second_only, result.p_value), (0, 0, 1))
        self.assertContains(response, "answer the same everywhere")

    def test_disagreements_are_shown_with_both_answers(self):
        rival = make_version("different")
        evaluation = make_evaluation(rival, self.dataset)
        changed = evaluation.predictions.exclude(answer="text").first()
        changed.answer = "text"
        changed.save()
        response = self.get("compare_versions", first=self.version.pk, second=rival.pk)
        (row,) = response.context["page"]
        self.assertEqual((row["prediction"].sample, row["rival"]), (changed.sample, "text"))

    def test_methods_of_one_version_can_be_compared(self):
        rules = evaluate_method(self.version, self.dataset, "test", "rules")
        response = self.get(
            "compare_versions", first=self.version.pk, second=f"{self.version.pk}-rules"
        )
        self.assertEqual(response.context["evaluations"], (self.evaluation, rules))
        self.assertContains(response, f"{self.version}, rules")

    def test_versions_without_common_images_are_told_so(self):
        rival = make_version("stranger")
        response = self.get("compare_versions", first=self.version.pk, second=rival.pk)
        self.assertContains(response, "not evaluated on the same images")

    def test_nonsense_in_the_address_is_ignored(self):
        response = self.get("compare_versions", first="x", second="999999")
        self.assertContains(response, "Choose two versions")


class CompareRunsTests(DashboardTestCase):
    def test_it_shows_the_settings_that_differ(self):
        other = make_run(self.dataset, status="succeeded")
        other.config["batch_size"] = 64
        other.save()
        address = reverse("dashboard:compare_runs")
        response = self.client.get(address, {"run": [self.run_row.pk, other.pk, "x"]})
        self.assertEqual(len(response.context["runs"]), 2)
        self.assertEqual([name for name, _ in response.context["differing"]], ["batch size"])

    def test_a_setting_that_an_older_run_does_not_name_is_its_default(self):
        other = make_run(self.dataset, status="succeeded")
        del other.config["uploads"]
        other.config["dropout"] = 1
        other.save()
        address = reverse("dashboard:compare_runs")
        response = self.client.get(address, {"run": [self.run_row.pk, other.pk]})
        self.assertEqual(response.context["differing"], [])
        self.assertContains(response, "All settings are the same, and so is the dataset.")
        self.assertNotContains(response, '<th scope="row">dataset</th>')

    def test_it_shows_what_each_run_came_to(self):
        other = make_run(self.dataset, status="succeeded")
        self.version.run = other
        self.version.save()
        address = reverse("dashboard:compare_runs")
        response = self.client.get(address, {"run": [self.run_row.pk, other.pk]})
        results = {result["run"].pk: result for result in response.context["results"]}
        self.assertEqual(results[other.pk]["best"].epoch, 2)
        self.assertEqual(results[other.pk]["test_accuracy"], self.evaluation.accuracy)
        self.assertIsNone(results[self.run_row.pk]["test_accuracy"])

    def test_without_runs_it_asks_for_some(self):
        self.assertContains(self.get("compare_runs"), "Choose two runs")


class WorkerBannerTests(DashboardTestCase):
    def setUp(self):
        super().setUp()
        cache.clear()
        self.addCleanup(cache.clear)

    def banner(self, queues=None, error=None):
        with (
            mock.patch("classifier.work.workers.current_app.connection_for_write"),
            mock.patch("classifier.work.workers.current_app.control.inspect") as inspect,
        ):
            inspect.return_value.active_queues.return_value = queues
            inspect.return_value.active_queues.side_effect = error
            return self.get("workers")

    def test_it_is_empty_while_a_worker_serves(self):
        response = self.banner({"worker@here": [{"name": "training"}]})
        self.assertEqual(response.content.strip(), b"")

    def test_it_tells_that_no_worker_answers(self):
        self.assertContains(self.banner(None), "No worker answers")

    def test_it_tells_of_a_queue_that_nobody_serves(self):
        response = self.banner({"worker@here": [{"name": "short"}]})
        self.assertContains(response, "No worker serves the queue")

    def test_it_tells_of_a_queue_that_cannot_be_reached(self):
        response = self.banner(error=OperationalError("refused"))
        self.assertContains(response, "cannot be reached")

    def test_workers_are_not_asked_again_at_once(self):
        self.banner(None)
        self.assertContains(self.banner({"w": [{"name": "training"}]}), "No worker answers")
