from django.test import TestCase
from django.urls import reverse

from classifier.datasets.errors import DatasetError
from classifier.datasets.mending import mend_split, missing_classes, missing_sentences
from classifier.models import Dataset, Sample, TrainingRun
from tests.support.builders import make_admin


class MendingTests(TestCase):
    def setUp(self):
        self.dataset = Dataset.objects.create(
            name="own", source="folder", status="ready", fingerprint="before", seed=3
        )

    def add(self, label, brands, split="train", each=2):
        for brand in brands:
            Sample.objects.bulk_create(
                Sample(
                    dataset=self.dataset,
                    path=f"{label}-{brand}-{number}.png",
                    sha256=f"{label}-{brand}-{number}",
                    label=label,
                    split=split,
                    brand=brand,
                    package="import",
                )
                for number in range(each)
            )

    def add_complete(self, *labels):
        for label in labels:
            for split in ("train", "val", "test"):
                self.add(label, [f"{label}-{split}"], split)

    def brands_of(self, label, split):
        rows = self.dataset.samples.filter(label=label, split=split)
        return set(rows.values_list("brand", flat=True))

    def test_it_names_what_is_missing(self):
        self.add_complete("simple", "text")
        self.add("gradient", ["a", "b"])
        missing = missing_classes(self.dataset)
        self.assertEqual(
            missing, {"gradient": ["val", "test"], "complex": ["train", "val", "test"]}
        )
        self.assertEqual(
            missing_sentences(missing),
            [
                "No gradient logo is in the split for validation and test.",
                "There is no complex logo at all.",
            ],
        )

    def test_it_leaves_a_split_alone_that_something_was_trained_on(self):
        self.add_complete("simple", "text", "complex")
        self.add("gradient", [f"g{number}" for number in range(20)])
        TrainingRun.objects.create(dataset=self.dataset, config={})
        with self.assertRaisesMessage(DatasetError, "Networks were trained on this split"):
            mend_split(self.dataset)
        self.assertIn("gradient", missing_classes(self.dataset))

    def test_it_moves_whole_brands_until_nothing_is_missing(self):
        self.add_complete("simple", "text", "complex")
        self.add("gradient", [f"g{number}" for number in range(20)])
        mend_split(self.dataset)
        self.assertEqual(missing_classes(self.dataset), {})
        split_brands = [self.brands_of("gradient", s) for s in ("train", "val", "test")]
        self.assertEqual([len(brands) for brands in split_brands], [14, 3, 3])
        self.assertEqual(len(set().union(*split_brands)), 20)
        self.dataset.refresh_from_db()
        self.assertNotEqual(self.dataset.fingerprint, "before")

    def test_it_leaves_alone_what_is_in_order(self):
        self.add_complete("simple", "text", "complex")
        self.add("gradient", ["a", "b", "c"])
        before = dict(self.dataset.samples.exclude(label="gradient").values_list("sha256", "split"))
        self.assertEqual(mend_split(self.dataset), 2)
        after = dict(self.dataset.samples.exclude(label="gradient").values_list("sha256", "split"))
        self.assertEqual(before, after)

    def test_a_brand_of_two_classes_leaves_neither_behind(self):
        self.add_complete("text", "complex")
        self.add("simple", ["both", "s1", "s2"], "train")
        self.add("gradient", ["both", "g1", "g2"], "train")
        mend_split(self.dataset)
        self.assertEqual(missing_classes(self.dataset), {})
        splits = self.dataset.samples.filter(brand="both").values_list("split", flat=True)
        self.assertEqual(len(set(splits)), 1)

    def test_too_few_brands_are_told_and_nothing_changes(self):
        self.add_complete("simple", "text", "complex")
        self.add("gradient", ["a", "b"])
        with self.assertRaisesMessage(DatasetError, "too few: gradient (2)"):
            mend_split(self.dataset)
        self.dataset.refresh_from_db()
        self.assertEqual(self.dataset.fingerprint, "before")

    def test_the_page_says_it_and_mends(self):
        self.client.force_login(make_admin())
        self.add_complete("simple", "text", "complex")
        self.add("gradient", ["a", "b", "c"])
        page = reverse("dashboard:dataset", args=[self.dataset.pk])
        self.assertContains(self.client.get(page), "No gradient logo is in the split")
        address = reverse("dashboard:dataset_mend", args=[self.dataset.pk])
        response = self.client.post(address, follow=True)
        self.assertContains(response, "2 brands moved")
        self.assertNotContains(response, "Nothing can be trained")
        self.assertContains(self.client.post(address, follow=True), "Nothing is missing")
