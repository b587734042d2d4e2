import random
from collections import Counter

import numpy as np
from django.test import SimpleTestCase

from classifier.data.backgrounds import background_for
from classifier.data.brands import brand_of, is_wordmark
from classifier.data.candidates import Candidate
from classifier.data.duplicates import perceptual_hash
from classifier.data.measures import Measures
from classifier.data.rendering import render
from classifier.data.selection import select
from classifier.data.splits import fingerprint, merge_groups, split_of, stratified_splits
from tests.classifier.data.logos import CIRCLE, svg

SIMPLE = Measures(0.0, False, 1, 1, 0.5, 1.0, False)
COMPLEX = Measures(0.0, False, 9, 30, 0.5, 1.0, False)


def candidate(number: int, brand: str, measures: Measures, image_hash: str = "") -> Candidate:
    return Candidate(
        sha256=f"{number:064x}",
        package="some",
        name=brand,
        licence="MIT",
        brand=brand,
        wordmark=False,
        measures=measures,
        lettering=0.0,
        perceptual_hash=image_hash or f"{random.Random(number).getrandbits(256):064x}",
    )


def candidates(count: int = 300) -> list[Candidate]:
    """Two logos of each brand; one brand in ten has a double under another brand's name."""
    made = []
    for number in range(count):
        measures = COMPLEX if number % 3 else SIMPLE
        made.append(candidate(number, f"brand{number // 2}", measures))
        if number % 10 == 0:
            measures = SIMPLE if number % 3 else COMPLEX
            bits = int(made[-1].perceptual_hash, 16) ^ 0b10110
            made.append(candidate(10_000 + number, f"other{number}", measures, f"{bits:064x}"))
    return made


class BrandTests(SimpleTestCase):
    def test_variants_are_one_brand(self):
        names = ("react", "reactjs", "react-wordmark", "react-icon", "react-original-wordmark")
        self.assertEqual({brand_of(name) for name in names}, {"react"})

    def test_different_brands_stay_apart(self):
        self.assertNotEqual(brand_of("reactor"), brand_of("react"))

    def test_a_family_stays_together(self):
        self.assertEqual(brand_of("google-drive"), brand_of("google-maps"))

    def test_a_name_beside_a_name_icon_is_a_wordmark(self):
        self.assertTrue(is_wordmark("react", frozenset({"react", "react-icon"})))
        self.assertTrue(is_wordmark("react-wordmark", frozenset()))
        self.assertFalse(is_wordmark("react-icon", frozenset({"react", "react-icon"})))


class SelectTests(SimpleTestCase):
    def test_no_brand_and_no_near_duplicate_crosses_a_split(self):
        made = candidates()
        selected, _ = select(made, {}, seed=0)
        splits = {}
        for entry in selected:
            splits.setdefault(entry.candidate.brand, set()).add(entry.split)
        self.assertTrue(all(len(found) == 1 for found in splits.values()))
        for number in range(0, 300, 10):
            self.assertEqual(splits[f"other{number}"], splits[f"brand{number // 2}"])

    def test_the_same_seed_gives_the_same_and_another_gives_another(self):
        def content(seed):
            selected, _ = select(candidates(), {}, seed)
            return fingerprint((e.candidate.sha256, e.label, e.split) for e in selected)

        self.assertEqual(content(0), content(0))
        self.assertNotEqual(content(0), content(1))

    def test_equal_pictures_with_one_label_are_kept_once(self):
        first = candidate(1, "a", COMPLEX)
        second = candidate(2, "b", COMPLEX, first.perceptual_hash)
        selected, dropped = select([first, second], {}, seed=0)
        self.assertEqual([entry.candidate.sha256 for entry in selected], [first.sha256])
        self.assertEqual(dropped["near-duplicate"], 1)

    def test_surplus_simple_logos_are_left_out(self):
        made = [candidate(n, f"b{n}", COMPLEX if n < 10 else SIMPLE) for n in range(50)]
        selected, dropped = select(made, {}, seed=0)
        counts = Counter(entry.label for entry in selected)
        self.assertEqual(counts, {"complex": 10, "simple": 14})
        self.assertEqual(dropped["more simple logos than needed"], 26)

    def test_a_correction_wins_and_the_measured_label_stays(self):
        logo = candidate(1, "a", COMPLEX)
        (entry,), _ = select([logo], {logo.sha256: "ambiguous"}, seed=0)
        self.assertEqual(
            (entry.label, entry.measured_label, entry.split), ("ambiguous", "complex", "")
        )

    def test_a_correction_moves_no_other_logo(self):
        made = candidates()
        before = {e.candidate.sha256: e.split for e in select(made, {}, 0)[0]}
        corrected = made[1].sha256
        after = {e.candidate.sha256: e.split for e in select(made, {corrected: "ambiguous"}, 0)[0]}
        common = (before.keys() & after.keys()) - {corrected}
        self.assertGreater(len(common), 200)
        self.assertTrue(all(before[sha] == after[sha] for sha in common))


class SplitTests(SimpleTestCase):
    def test_the_shares_are_70_15_15(self):
        counts = Counter(split_of(f"group {n}", seed=3) for n in range(5000))
        self.assertAlmostEqual(counts["train"] / 5000, 0.70, delta=0.03)
        self.assertAlmostEqual(counts["test"] / 5000, 0.15, delta=0.03)

    def test_groups_are_joined_through_others(self):
        self.assertEqual(merge_groups(["c", "b", "a", "z"], [(0, 1), (1, 2)]), ["a", "a", "a", "z"])

    def test_small_sets_get_every_label_in_every_split(self):
        groups = {f"g{n}": Counter({"simple" if n % 2 else "text": 1}) for n in range(40)}
        splits = stratified_splits(groups, seed=0)
        for parity in (0, 1):
            counts = Counter(splits[f"g{n}"] for n in range(40) if n % 2 == parity)
            self.assertEqual(counts, {"train": 14, "val": 3, "test": 3})


class HashTests(SimpleTestCase):
    def test_a_small_change_is_near_and_another_drawing_is_far(self):
        def bits(first, second):
            images = (render(svg(drawing + CIRCLE)) for drawing in (first, second))
            hashes = [int(perceptual_hash(image), 16) for image in images]
            return (hashes[0] ^ hashes[1]).bit_count()

        flag = '<path d="M10 5 L95 20 L30 60 Z" fill="#135"/>'
        self.assertLessEqual(bits(flag, flag.replace("95", "94.8")), 20)
        self.assertGreater(bits(flag, '<path d="M5 95 L50 10 L70 95 Z" fill="#135"/>'), 20)


class BackgroundTests(SimpleTestCase):
    def chosen(self, colour: tuple[int, int, int]) -> set[str]:
        image = np.zeros((64, 64, 4), np.uint8)
        image[16:48, 16:48] = (*colour, 255)
        return {background_for(image, str(key)) for key in range(60)}

    def test_white_logos_never_stand_on_white(self):
        chosen = self.chosen((255, 255, 255))
        self.assertFalse(chosen & {"#ffffff", "#f4f4f5", "#e8edf3", "#fff7e6", "#dfe7df"})

    def test_purple_logos_never_stand_on_purple(self):
        self.assertNotIn("#7c3aed", self.chosen((110, 50, 250)))

    def test_black_logos_stand_on_many_colours_but_no_dark_one(self):
        chosen = self.chosen((0, 0, 0))
        self.assertGreater(len(chosen), 5)
        self.assertFalse(chosen & {"#000000", "#111418", "#1e293b", "#2b1d3a"})
