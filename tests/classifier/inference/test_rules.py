import random
import unittest

import numpy as np
from PIL import Image, ImageDraw

from classifier.inference.measures import MEASURES, SIDE, measure
from classifier.inference.preprocessing import prepare
from classifier.inference.rules import classify, decide, rules, score
from classifier.logo_types import CLASS_NAMES


def canvas(side=512):
    image = Image.new("RGBA", (side, side), "white")
    return image, ImageDraw.Draw(image)


def disc():
    image, draw = canvas()
    draw.ellipse((100, 100, 400, 400), fill="#c02040")
    return image


def word():
    image, draw = canvas()
    draw.text((20, 200), "Lettering", fill="#222222", font_size=110)
    return image


def sweep():
    image, _ = canvas()
    ramp = Image.linear_gradient("L").resize((400, 400))
    colours = Image.merge("RGB", (ramp, Image.new("L", (400, 400), 60), ramp.rotate(180)))
    image.paste(colours, (56, 56))
    return image


def mosaic():
    image, draw = canvas()
    rng = random.Random(1)
    for left in range(60, 440, 40):
        for top in range(60, 440, 40):
            colour = tuple(rng.randrange(0, 256, 51) for _ in range(3))
            draw.rectangle((left, top, left + 33, top + 33), fill=colour)
    return image


def measured(image):
    return measure(prepare(image, SIDE))


class MeasuresTestCase(unittest.TestCase):
    def test_every_measure_is_finite_for_every_image(self):
        plain = Image.new("RGBA", (64, 64), "white")
        dot = Image.new("RGBA", (900, 900), "white")
        dot.putpixel((9, 9), (0, 0, 0, 255))
        noise = Image.effect_noise((99, 200), 90).convert("RGBA")
        for image in (plain, dot, noise, Image.new("RGBA", (1, 1)), disc(), word()):
            values = measured(image)
            self.assertEqual(set(values), set(MEASURES))
            self.assertTrue(np.isfinite(list(values.values())).all(), values)

    def test_smooth_transitions_are_told_from_flat_colour(self):
        self.assertLess(measured(disc())["smooth_share"], 0.02)
        self.assertGreater(measured(sweep())["smooth_share"], 0.5)

    def test_colours_parts_and_gaps_are_counted(self):
        self.assertEqual(measured(disc())["colours"], 1)
        self.assertGreater(measured(mosaic())["colours"], 10)
        self.assertEqual(measured(disc())["parts"], 1)
        ring, draw = canvas()
        draw.ellipse((50, 50, 450, 450), outline="black", width=40)
        self.assertEqual((measured(ring)["holes"], measured(disc())["holes"]), (1, 0))


class RulesTestCase(unittest.TestCase):
    def test_plain_cases_of_each_type(self):
        cases = {"simple": disc(), "text": word(), "gradient": sweep(), "complex": mosaic()}
        for name, image in cases.items():
            with self.subTest(name):
                probabilities = classify(image).probabilities
                self.assertEqual(CLASS_NAMES[probabilities.argmax()], name)

    def test_the_reason_names_the_type_and_a_measure_with_its_value(self):
        reason = classify(sweep()).reason
        self.assertTrue(reason.startswith("gradient: "))
        self.assertTrue(any(words in reason for words in MEASURES.values()))

    def test_the_leaves_that_measures_lead_to_are_added_up(self):
        high = {"measure": "holes", "threshold": 0, "low": {"score": 0.5}, "high": {"score": 2.0}}
        tree = {"measure": "parts", "threshold": 2, "low": {"score": -1.0}, "high": high}
        for parts, holes, expected in ((2, 9, -1.0), (3, 0, 0.5), (3, 1, 2.0)):
            measures = {"parts": parts, "holes": holes}
            self.assertEqual(score([tree, {"score": 0.25}], measures), expected + 0.25)

    def test_the_reason_names_the_measure_that_decided(self):
        tree = {"measure": "parts", "threshold": 2, "low": {"score": 0.0}, "high": {"score": 3.0}}
        fitted = {
            "trees": {"simple": [], "text": [tree], "gradient": [], "complex": []},
            "typical": dict.fromkeys(MEASURES, 1.0),
        }
        found = decide(fitted, {**dict.fromkeys(MEASURES, 7.0), "parts": 5.0})
        self.assertEqual(found.reason, "text: number of separate parts is 5 (typically 1).")
        self.assertAlmostEqual(found.probabilities[1], np.e**3 / (np.e**3 + 3))
        plain = decide(fitted, dict.fromkeys(MEASURES, 1.0))
        self.assertIn("all its measures are typical", plain.reason)

    def test_every_tree_of_the_shipped_rules_asks_for_known_measures(self):
        self.assertEqual(set(rules()["typical"]), set(MEASURES))
        nodes = [tree for name in CLASS_NAMES for tree in rules()["trees"][name]]
        self.assertGreater(len(nodes), 8)
        while nodes:
            node = nodes.pop()
            if "score" not in node:
                self.assertIn(node["measure"], MEASURES)
                nodes += [node["low"], node["high"]]

    def test_they_are_not_made_from_synthetic_logos(self):
        self.assertFalse(rules()["synthetic"])
