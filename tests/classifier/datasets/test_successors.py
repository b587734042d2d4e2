"""A dataset with what people said since another one was built."""

import hashlib
import io

from django.test import TestCase, override_settings
from PIL import Image, ImageDraw

from classifier.datasets.proposals import accept, propose
from classifier.datasets.successors import create_successor
from classifier.models import LabelCorrection, Sample
from tests.support.builders import TemporaryRoot, make_admin, make_dataset
from tests.support.work import do


def picture(seed):
    """Return a PNG that looks like nothing that was drawn by the project."""
    image = Image.new("RGB", (64, 64), "white")
    draw = ImageDraw.Draw(image)
    digest = hashlib.sha256(seed.encode()).digest()
    for number in range(8):
        x, y = digest[number] % 56, digest[number + 8] % 56
        draw.rectangle((x, y, x + 9, y + 9), fill=(digest[number + 16], 0, 128))
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


@override_settings(CLASSIFIER_COLLECT_PROPOSALS=True)
class SuccessorTests(TemporaryRoot, TestCase):
    def setUp(self):
        self.base = make_dataset(14, "logos-1")
        self.admin = make_admin()

    def correct(self, sample, label):
        LabelCorrection.objects.create(
            sha256=sample.sha256, label=label, measured_label=sample.label, corrected_by="boss"
        )

    def build(self):
        dataset = create_successor(self.base)
        build = do("dataset_build", dataset.pk)
        dataset.refresh_from_db()
        return dataset, build

    def test_it_takes_the_next_number_and_has_the_corrected_labels(self):
        changed = self.base.samples.filter(label="simple", split="test").first()
        self.correct(changed, "text")
        dataset, build = self.build()
        states = (dataset.name, build.status, dataset.status)
        self.assertEqual(states, ("logos-2", "succeeded", "ready"))
        self.assertEqual(dataset.samples.get(sha256=changed.sha256).label, "text")
        before = dict(self.base.samples.values_list("sha256", "split"))
        self.assertEqual(dict(dataset.samples.values_list("sha256", "split")), before)
        self.assertNotEqual(dataset.fingerprint, self.base.fingerprint)
        self.assertTrue(all(sample.file.is_file() for sample in dataset.samples.all()))

    def test_what_became_ambiguous_leaves_its_split_and_comes_back_to_its_brands(self):
        gone, stays = self.base.samples.filter(label="simple", split="test")[:2]
        Sample.objects.filter(pk=gone.pk).update(brand=stays.brand)
        self.correct(gone, "ambiguous")
        dataset, _ = self.build()
        self.assertEqual(dataset.samples.get(sha256=gone.sha256).split, "")
        LabelCorrection.objects.update(label="complex")
        self.base = dataset
        after, _ = self.build()
        again = after.samples.get(sha256=gone.sha256)
        self.assertEqual((again.label, again.split), ("complex", "test"))

    def test_accepted_proposals_are_for_training_and_come_once(self):
        proposal = propose(picture("one"), "complex")
        accept(proposal, "complex", self.admin)
        dataset, _ = self.build()
        added = dataset.samples.get(package="proposals")
        self.assertEqual((added.label, added.split), ("complex", "train"))
        self.base = dataset
        accept(propose(picture("two"), "text"), "text", self.admin)
        after, _ = self.build()
        self.assertEqual(after.samples.filter(package="proposals").count(), 2)
        self.assertEqual(after.dropped, {})

    def test_nothing_new_is_told(self):
        _, build = self.build()
        self.assertEqual(build.status, "failed")
        self.assertIn("Nothing is new", build.error)

    def test_deleting_one_leaves_the_files_of_the_other(self):
        self.correct(self.base.samples.first(), "complex")
        dataset, _ = self.build()
        from classifier.datasets.building import remove

        remove(self.base)
        self.assertTrue(all(sample.file.is_file() for sample in dataset.samples.all()))
