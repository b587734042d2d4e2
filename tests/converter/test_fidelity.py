import numpy as np
from django.test import SimpleTestCase
from PIL import Image

from converter.fidelity import fidelity, likeness, render
from converter.images import Logo
from converter.presets import PRESETS
from converter.tracing import trace
from tests.converter.images import logo as draw


class FidelityTest(SimpleTestCase):
    def square(self, shift=0.0, colour="#203040"):
        """Return an SVG of 64 px with a square that begins in the middle of a pixel."""
        return (
            '<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64" viewBox="0 0 64 64">'
            f'<path fill="#fff" d="M0 0H64V64H0z"/><path fill="{colour}" d="'
            f'M{16.5 + shift} 16.5H47.5V47.5H{16.5 + shift}z"/></svg>'
        )

    def test_the_same_picture_is_all_alike(self):
        found = likeness(self.square(), render(self.square(), 64))
        self.assertEqual((found.fidelity, found.colour), (1, 0))

    def test_an_outline_that_is_off_by_a_part_of_a_pixel_shows(self):
        upload = render(self.square(), 64)
        near, far = (likeness(self.square(shift=by), upload) for by in (0.05, 0.3))
        self.assertGreater(near.fidelity, 0.99)
        self.assertLess(far.fidelity, 0.95)
        self.assertGreater(far.colour, near.colour)

    def test_stairs_score_lower_than_a_smooth_outline(self):
        head = '<svg xmlns="http://www.w3.org/2000/svg" width="96" height="96">'
        circle = (
            f'{head}<path fill="#fff" d="M0 0H96V96H0z"/><circle cx="48" cy="48" r="{{}}"/></svg>'
        )
        turn = np.linspace(0, 2 * np.pi, 4000, endpoint=False)
        radius = 30 + 0.2 * np.sign(np.sin(turn * 30 * np.pi))
        points = zip(48 + radius * np.cos(turn), 48 + radius * np.sin(turn), strict=True)
        path = f'<path d="M{"L".join(f"{x:.3f} {y:.3f}" for x, y in points)}z"/>'
        stairs = f'{head}<path fill="#fff" d="M0 0H96V96H0z"/>{path}</svg>'
        upload = render(circle.format(30), 96)
        self.assertGreater(fidelity(circle.format(30.02), upload), 0.99)
        self.assertLess(fidelity(stairs, upload), 0.9)

    def test_a_large_ground_hides_nothing(self):
        upload = render(self.square(), 64)
        wide = Image.new("RGBA", (512, 64), "white")
        wide.paste(upload)
        drawn = self.square(shift=0.4)
        stretched = drawn.replace('width="64"', 'width="512"').replace("0 0 64 64", "0 0 512 64")
        stretched = stretched.replace("H64V64", "H512V64")
        self.assertAlmostEqual(fidelity(stretched, wide), fidelity(drawn, upload), 2)

    def test_another_shade_shows_in_the_colour(self):
        found = likeness(self.square(colour="#404040"), render(self.square(), 64))
        self.assertGreater(found.colour, 1)
        self.assertLess(found.fidelity, 0.9)

    def test_a_white_mark_on_a_clear_ground_is_not_matched_by_nothing(self):
        empty = '<svg xmlns="http://www.w3.org/2000/svg" width="128" height="128"/>'
        self.assertLess(fidelity(empty, draw(colour="white")), 0.8)

    def test_another_colour_scores_lower(self):
        red, green = (
            trace(Logo(draw(colour=c), 128, 128, lossy=False), PRESETS["simple"])
            for c in ("red", "green")
        )
        image = draw(colour="red")
        self.assertGreater(fidelity(red.svg, image), fidelity(green.svg, image) + 0.05)
