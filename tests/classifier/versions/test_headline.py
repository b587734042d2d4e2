"""The one evaluation by which a version is known."""

import shutil

from classifier.models import ModelVersion
from classifier.versions.evaluations import evaluate_method
from classifier.versions.headline import headline_of, score_on
from tests.classifier.dashboard.test_pages import DashboardTestCase
from tests.support.builders import make_dataset, make_evaluation, make_version
from tests.support.versions import passing_metrics


class HeadlineTests(DashboardTestCase):
    def own(self, **values):
        version = make_version("own", **values)
        self.addCleanup(shutil.rmtree, version.folder)
        fingerprint = self.dataset.fingerprint
        ModelVersion.objects.filter(pk=version.pk).update(dataset_fingerprint=fingerprint)
        version.refresh_from_db()
        return version

    def test_it_stays_the_first_on_the_own_test_split(self):
        version = self.own()
        make_evaluation(version, make_dataset(9, "foreign"))
        make_evaluation(version, self.dataset, "val")
        self.assertIsNone(headline_of(version))
        evaluate_method(version, self.dataset, "test", "rules")
        first = make_evaluation(version, self.dataset)
        make_evaluation(version, self.dataset)
        self.assertEqual(headline_of(version).evaluation, first)

    def test_figures_that_a_version_brought_along_stay_and_open_the_images_here(self):
        version = self.own(metrics=passing_metrics())
        self.assertIsNone(headline_of(version).answers)
        here = make_evaluation(version, self.dataset)
        headline = headline_of(version)
        self.assertEqual(headline.metrics["accuracy"], 1.0)
        self.assertEqual((headline.evaluation, headline.answers), (None, here))

    def test_a_version_without_one_is_told_so_and_its_others_are_named(self):
        version = self.own()
        make_evaluation(version, make_dataset(9, "foreign"))
        page = self.get("version", version.pk)
        self.assertContains(page, "not evaluated yet on the test split of the dataset")
        self.assertContains(page, "Evaluations")
        self.assertContains(page, "foreign")

    def test_another_evaluation_says_that_it_is_none(self):
        version = self.own()
        make_evaluation(version, self.dataset)
        other = make_evaluation(version, make_dataset(9, "foreign"))
        self.assertContains(self.get("version", version.pk), "Its headline")
        page = self.get("version", version.pk, evaluation=other.pk)
        self.assertContains(page, "Not its headline")

    def test_every_page_shows_the_same(self):
        version = self.own(metrics=passing_metrics())
        make_evaluation(version, self.dataset)
        listed = {r["version"]: r["score"] for r in self.get("versions").context["rows"]}
        self.assertEqual(listed[version].metrics["accuracy"], 1.0)
        records = {r["version"]: r for r in self.get("overview_numbers", "json").json()}
        self.assertEqual(records["own"]["accuracy"], 1.0)
        self.assertContains(self.client.get("/admin/classifier/modelversion/"), "100.0%")

    def test_the_matrix_of_a_version_from_elsewhere_opens_its_images(self):
        figures = passing_metrics()
        origin = {"name": "drawn", "fingerprint": self.dataset.fingerprint}
        version = self.own(metrics=figures, dataset=origin)
        page = self.get("version", version.pk)
        self.assertContains(page, "Open its images")
        evaluation = make_evaluation(version, self.dataset)
        page = self.get("version", version.pk)
        self.assertContains(page, f"/evaluations/{evaluation.pk}/?truth=simple")
        self.assertNotContains(page, "Open its images")

    def test_it_says_what_is_missing_while_the_dataset_is_not_here(self):
        origin = {"name": "elsewhere", "fingerprint": "e" * 64}
        version = make_version("shipped", metrics=passing_metrics(), dataset=origin)
        page = self.get("version", version.pk)
        self.assertContains(page, "once its dataset is built here")

    def test_two_versions_are_compared_on_the_images_of_one(self):
        version = self.own()
        make_evaluation(version, self.dataset)
        score = score_on(self.version, headline_of(version))
        self.assertEqual(score.evaluation, self.evaluation)
