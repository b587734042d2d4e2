from django.urls import reverse

from classifier.evaluations import evaluate_method
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
