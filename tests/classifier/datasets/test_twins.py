import random
import shutil
from unittest import mock

from django.test import SimpleTestCase, TestCase
from PIL import Image

from classifier.data.measures import measure
from classifier.data.rendering import render
from classifier.datasets import twins
from classifier.datasets.twins import add_gradients, training_twins
from classifier.logo_types import CLASS_NAMES, LogoType
from classifier.models import Dataset, Sample
from classifier.runs.execution import training_data

BOX = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">{}</svg>'
FLAT = BOX.format('<rect width="64" height="30" fill="#c33"/><circle cx="20" cy="48" r="9"/>')
SMOOTH = BOX.format(
    '<defs><linearGradient id="g"><stop stop-color="#f00"/><stop offset="1" stop-color="#00f"/>'
    '</linearGradient></defs><rect width="64" height="64" fill="url(#g)"/>'
)


class AddGradientsTests(SimpleTestCase):
    def share(self, svg: str) -> float:
        return measure(svg, render(svg)).gradient_share

    def test_a_flat_colour_becomes_a_gradient_that_can_be_measured(self):
        for seed in range(8):
            changed = add_gradients(FLAT, random.Random(seed))
            self.assertGreater(self.share(changed), 0.02, seed)
        self.assertEqual(self.share(FLAT), 0)

    def test_a_drawing_without_colours_gets_one(self):
        plain = BOX.format('<rect width="64" height="64"/>')
        self.assertGreater(self.share(add_gradients(plain, random.Random(1))), 0.1)

    def test_the_generator_decides(self):
        self.assertEqual(
            add_gradients(FLAT, random.Random(5)), add_gradients(FLAT, random.Random(5))
        )


class TrainingTwinsTests(TestCase):
    def setUp(self):
        self.dataset = Dataset.objects.create(name="logos", source=Dataset.Source.PACKAGES)
        shutil.rmtree(self.dataset.folder, ignore_errors=True)  # of another test's dataset
        self.dataset.folder.mkdir(parents=True)
        always = mock.patch.object(twins, "_SHARE_OF_FLAT", 1.0)
        always.start()
        self.addCleanup(always.stop)

    def add(self, name: str, svg: str, label: str, split: str) -> None:
        (self.dataset.folder / f"{name}.svg").write_text(svg)
        Image.fromarray(render(svg)).save(self.dataset.folder / f"{name}.png")
        Sample.objects.create(
            dataset=self.dataset, path=f"{name}.png", source_path=f"{name}.svg", sha256=name,
            label=label, split=split, brand=name, package="p",
        )  # fmt: skip

    def test_training_logos_get_twins_of_the_other_type_and_others_get_none(self):
        self.add("flat", FLAT, LogoType.SIMPLE, Sample.Split.TRAIN)
        self.add("smooth", SMOOTH, LogoType.GRADIENT, Sample.Split.TRAIN)
        self.add("held-out", SMOOTH, LogoType.GRADIENT, Sample.Split.TEST)
        made = {twin.path: twin.label for twin in training_twins(self.dataset)}
        self.assertEqual(made, {"twins/flat.png": "gradient", "twins/smooth.png": "simple"})
        flat = Image.open(self.dataset.folder / "twins/smooth.png")
        self.assertEqual(len(flat.getcolors()), 1)

    def test_twins_join_the_training_split_when_asked_for(self):
        self.add("flat", FLAT, LogoType.SIMPLE, Sample.Split.TRAIN)
        self.add("other", FLAT.replace("c33", "3c3"), LogoType.SIMPLE, Sample.Split.VAL)
        data = training_data(self.dataset, twins=True)
        self.assertEqual([len(data.train), len(data.val), len(data.test)], [2, 1, 0])
        self.assertEqual(CLASS_NAMES[data.train[1].label], LogoType.GRADIENT)
        self.assertEqual(len(training_data(self.dataset).train), 1)

    def test_an_interrupted_making_starts_anew(self):
        self.add("flat", FLAT, LogoType.SIMPLE, Sample.Split.TRAIN)
        with self.assertRaises(KeyboardInterrupt):
            training_twins(self.dataset, mock.Mock(side_effect=KeyboardInterrupt))
        self.assertEqual(len(training_twins(self.dataset)), 1)
        with mock.patch.object(twins, "_make") as make:
            training_twins(self.dataset)
        make.assert_not_called()
