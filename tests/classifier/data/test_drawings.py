from unittest import TestCase

from PIL import Image, ImageDraw

from classifier.data.drawings import same_drawings


def mark(ink, sign, hole="square"):
    """Draw a disc with a sign in it."""
    image = Image.new("RGBA", (120, 120))
    draw = ImageDraw.Draw(image)
    draw.ellipse((10, 10, 110, 110), fill=ink)
    if hole == "square":
        draw.rectangle((40, 40, 80, 80), fill=sign)
    else:
        draw.polygon(((60, 25), (95, 90), (25, 90)), fill=sign)
    return image


class SameDrawingsTests(TestCase):
    def test_colours_and_grounds_make_no_other_drawing_but_another_sign_does(self):
        logos = [
            (mark("#d33", "#fc0"), "#ffffff"),
            (mark("#d33", "#fc0", hole="triangle"), "#ffffff"),
            (mark("#26c", "#fff"), "#112211"),
            (mark("#fc0", "#d33"), "#112233"),
        ]
        self.assertEqual(same_drawings(logos), [(0, 2), (0, 3), (2, 3)])

    def test_there_are_no_pairs_without_logos(self):
        self.assertEqual(same_drawings([]), [])
