from django.urls import reverse

from classifier.models import LabelCorrection, Sample
from tests.classifier.dashboard.test_pages import DashboardTestCase


class AuditTests(DashboardTestCase):
    def names(self, **query):
        return [tile["sample"].name for tile in self.get("audit", **query).context["tiles"]]

    def correct(self, sample, label):
        address = reverse("dashboard:correct", args=[sample.pk])
        return self.client.post(address, {"label": label})

    def test_the_same_address_shows_the_same_sheet(self):
        query = {"class": "text", "split": "train", "seed": "7"}
        self.assertEqual(self.names(**query), self.names(**query))
        self.assertNotEqual(self.names(**query), self.names(**{**query, "seed": "8"}))
        self.assertEqual(sorted(self.names(**query)), sorted(self.names(**query | {"seed": "8"})))

    def test_it_shows_one_class_and_split(self):
        response = self.get("audit", **{"class": "gradient", "split": "train"})
        for tile in response.context["tiles"]:
            self.assertEqual((tile["sample"].label, tile["sample"].split), ("gradient", "train"))

    def test_nonsense_in_the_address_is_ignored(self):
        query = {"class": "x", "split": "y", "dataset": "z", "page": "-4", "seed": "s" * 999}
        self.assertEqual(self.get("audit", **query).status_code, 200)

    def test_a_correction_is_kept_with_who_and_when(self):
        sample = Sample.objects.filter(label="simple").first()
        response = self.correct(sample, "complex")
        self.assertContains(response, "corrected to complex by boss")
        correction = LabelCorrection.objects.get()
        self.assertEqual((correction.sha256, correction.label), (sample.sha256, "complex"))
        self.assertEqual((correction.measured_label, correction.corrected_by), ("simple", "boss"))
        sample.refresh_from_db()
        self.assertEqual(sample.label, "simple")  # a finished dataset stays what it was

    def test_a_second_thought_replaces_the_first(self):
        sample = Sample.objects.filter(label="simple").first()
        self.correct(sample, "complex")
        self.assertContains(self.correct(sample, "simple"), "confirmed by boss")
        self.assertEqual(LabelCorrection.objects.get().label, "simple")

    def test_the_count_is_of_all_logos_though_models_judged_none(self):
        for sample in Sample.objects.filter(label="simple", split="train")[:2]:
            self.correct(sample, "text")
        query = {"class": "simple", "split": "train", "order": "suspicious"}
        response = self.get("audit", **query)
        total = self.dataset.samples.filter(label="simple", split="train").count()
        self.assertContains(response, f"{total} logos labelled simple in this split")
        self.assertContains(response, "of which models judged 0; 2 looked at")

    def test_the_error_rate_counts_what_was_looked_at(self):
        first, second = Sample.objects.filter(label="simple", split="train")[:2]
        self.correct(first, "simple")
        self.correct(second, "ambiguous")
        response = self.get("audit", **{"class": "simple", "split": "train"})
        self.assertEqual((response.context["checked"], response.context["wrong"]), (2, 1))
        self.assertContains(response, "1 of them corrected (50.0%, 95% interval 9.5 to 90.5%)")

    def test_the_total_stays_when_reviewed_ones_are_left_out(self):
        total = self.dataset.samples.filter(label="simple", split="train").count()
        self.correct(Sample.objects.filter(label="simple", split="train").first(), "simple")
        response = self.get("audit", **{"class": "simple", "split": "train", "show": "open"})
        self.assertContains(response, f"{total} logos labelled simple in this split; 1 looked at")

    def test_an_unknown_label_is_refused(self):
        self.assertEqual(self.correct(Sample.objects.first(), "lovely").status_code, 400)
        self.assertFalse(LabelCorrection.objects.exists())

    def test_what_somebody_reviewed_can_be_left_out(self):
        query = {"class": "simple", "split": "train"}
        sample = Sample.objects.filter(label="simple", split="train").first()
        self.correct(sample, "simple")
        self.assertIn(sample.name, self.names(**query))
        self.assertNotIn(sample.name, self.names(**query, show="open"))
