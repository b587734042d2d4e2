import html
import json
import re

from django.urls import reverse

from classifier.versions.evaluations import evaluate_method
from tests.classifier.dashboard.test_pages import DashboardTestCase


class MethodsPageTests(DashboardTestCase):
    def markdown(self):
        return self.client.get(
            reverse("dashboard:version_methods_markdown", args=[self.version.pk])
        )

    def test_it_says_how_to_get_the_figures(self):
        self.assertContains(self.get("version_methods", self.version.pk), "Evaluate again")
        self.assertEqual(self.markdown().status_code, 404)

    def test_it_compares_the_rules_with_the_model(self):
        for method in ("rules", "hybrid"):
            evaluate_method(self.version, self.dataset, "test", method)
        page = self.get("version_methods", self.version.pk)
        self.assertEqual(set(page.context["evaluations"]), {"neural", "rules", "hybrid"})
        whole = page.context["report"].whole.result
        self.assertEqual(whole.count, self.evaluation.sample_count)
        self.assertContains(page, "What the figures say")
        file = self.markdown()
        self.assertIn("# Neural against rules", file.content.decode())
        self.assertIn("attachment", file.headers["Content-Disposition"])

    def test_splits_are_not_mixed(self):
        evaluate_method(self.version, self.dataset, "val", "rules")
        self.assertIsNone(self.get("version_methods", self.version.pk).context["report"])


class ReportTests(DashboardTestCase):
    def report(self):
        return self.client.get(reverse("dashboard:version_report", args=[self.version.pk]))

    def test_it_is_one_file_that_asks_for_no_other(self):
        response = self.report()
        self.assertIn("attachment", response.headers["Content-Disposition"])
        page = response.content.decode()
        body = page[: page.index("<script>")]
        self.assertIsNone(re.search(r'\b(src|href)="', body))
        self.assertIn("data-records=", body)
        self.assertIn("Plotly", page)
        self.assertEqual(page.count("</script>"), 2)

    def test_it_holds_the_figures_of_the_page(self):
        page = self.report().content.decode()
        accuracy = f"{self.evaluation.accuracy:.1%}"
        self.assertIn(accuracy, page)
        self.assertIn("Gate to production", page)
        records = html.unescape(re.search(r'data-records="([^"]*)"', page)[1])
        self.assertEqual(len(json.loads(records)), 4)

    def test_a_version_without_figures_has_none(self):
        self.evaluation.delete()
        self.assertEqual(self.report().status_code, 404)
