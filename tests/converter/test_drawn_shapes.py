import re

from django.test import SimpleTestCase

from converter.fidelity import fidelity, render
from converter.images import Logo
from converter.presets import PRESETS
from converter.tracing import trace

SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="192" height="192">{}</svg>'
GROUND = '<rect width="192" height="192" fill="#fff"/>'


def upload(body):
    """An image of a drawing, as somebody uploads it."""
    return Logo(render(SVG.format(GROUND + body), 192), 192, 192, lossy=False)


def drawn(body, preset="simple"):
    """What the tracer makes of an image of a drawing."""
    return trace(upload(body), PRESETS[preset]).svg


def elements(svg, tag):
    """The attributes of all elements of a name, the ground's left out."""
    found = [
        dict(re.findall(r'([a-z-]+)="([^"]*)"', text))
        for text in re.findall(rf"<{tag} ([^>]*)", svg)
    ]
    return [
        attributes
        for attributes in found
        if "x" in attributes or "cx" in attributes or "d" in attributes
    ]


class CrossedShapesTest(SimpleTestCase):
    def near(self, attributes, **expected):
        for name, value in expected.items():
            self.assertAlmostEqual(
                float(attributes[name.replace("_", "-")]), value, delta=0.15, msg=name
            )

    def test_a_ring_is_one_though_a_line_crosses_it_and_the_line_goes_through(self):
        svg = drawn(
            '<g stroke="#111" fill="none"><circle cx="90.3" cy="100.6" r="50" stroke-width="4"/>'
            '<path stroke-width="3" d="M20 30.5L170 160"/></g>'
        )
        (ring,) = elements(svg, "circle")
        self.near(ring, cx=90.3, cy=100.6, r=50, stroke_width=4)
        (line,) = elements(svg, "rect")
        self.near(line, height=3)
        self.assertAlmostEqual(float(line["width"]), 198.2, delta=0.6)

    def test_discs_that_lines_join_are_discs(self):
        svg = drawn(
            '<path stroke="#111" stroke-width="6" d="M45 50L150 70"/>'
            '<circle cx="45" cy="50" r="22"/><circle cx="150.5" cy="70" r="26.2"/>'
        )
        first, second = sorted(elements(svg, "circle"), key=lambda circle: float(circle["cx"]))
        self.near(first, cx=45, cy=50, r=22)
        self.near(second, cx=150.5, cy=70, r=26.2)

    def test_what_grows_out_of_a_circle_all_around_is_no_disc(self):
        svg = drawn('<path d="M96 20a70 70 0 1 1-50 120v40H20V96A76 76 0 0 1 96 20z"/>')
        self.assertEqual(elements(svg, "circle"), [])

    def test_what_is_partly_clear_does_not_lie_over_itself(self):
        body = (
            '<g fill="#a00" opacity=".5"><path d="M90 85h90v20h-90z"/>'
            '<circle cx="60" cy="95" r="40"/></g>'
        )
        clear = Logo(render(SVG.format(body), 192), 192, 192, lossy=False)
        svg = trace(clear, PRESETS["simple"]).svg
        self.assertEqual(svg.count("fill-opacity"), 1)
        self.assertGreater(fidelity(svg, clear.image), 0.98)


class HiddenShapesTest(SimpleTestCase):
    def test_a_shape_is_whole_under_what_is_painted_over_it(self):
        cases = {
            "ellipse": '<ellipse cx="80.4" cy="85" rx="70.2" ry="55" fill="#c22"/>',
            "circle": '<circle cx="80.4" cy="85" r="62.3" fill="#c22"/>',
            "rect": '<rect x="20.4" y="15" width="120.6" height="125.3" fill="#c22"/>',
        }
        for tag, shape in cases.items():
            with self.subTest(tag):
                svg = drawn(f'{shape}<circle cx="130" cy="135" r="34" fill="#24a"/>')
                (found,) = [one for one in elements(svg, tag) if one["fill"] != "#24a"]
                expected = dict(re.findall(r'([a-z]+)="([\d.]+)"', shape))
                for name, value in expected.items():
                    self.assertAlmostEqual(float(found[name]), float(value), delta=0.2, msg=name)

    def test_it_does_not_look_out(self):
        body = (
            '<circle cx="80" cy="90" r="60" fill="#c22"/><path fill="#fff" d="M80 90L192 40V140z"/>'
            '<circle cx="90" cy="90" r="25" fill="#24a"/>'
        )
        logo = upload(body)
        self.assertGreater(fidelity(trace(logo, PRESETS["simple"]).svg, logo.image), 0.98)


class LinesTest(SimpleTestCase):
    def test_a_line_is_a_rectangle_and_its_ends_are_what_they_were(self):
        svg = drawn(
            '<g stroke="#111"><path stroke-width="3" d="M20.5 30H170"/>'
            '<path stroke-width="5" stroke-linecap="round" d="M30 60L150 150"/></g>'
        )
        square, round_ = sorted(elements(svg, "rect"), key=lambda line: float(line["height"]))
        self.assertNotIn("rx", square)
        self.assertAlmostEqual(float(square["width"]), 149.5, delta=0.3)
        self.assertAlmostEqual(float(round_["rx"]), 2.5, delta=0.1)
        self.assertAlmostEqual(float(round_["width"]), 155, delta=0.5)

    def test_what_is_cut_off_aslant_is_no_rectangle(self):
        self.assertEqual(elements(drawn('<path d="M20 40H150L156 45H26z"/>'), "rect"), [])


class StrokedShapesTest(SimpleTestCase):
    def test_a_frame_is_a_stroked_rectangle(self):
        for corner in (0, 18):
            with self.subTest(corner=corner):
                svg = drawn(
                    '<rect x="30.3" y="40.6" width="120" height="100.2" fill="none" stroke="#24a" '
                    f'stroke-width="11" rx="{corner}"/>'
                )
                (frame,) = elements(svg, "rect")
                self.assertAlmostEqual(float(frame["stroke-width"]), 11, delta=0.1)
                self.assertAlmostEqual(float(frame.get("rx", 0)), corner, delta=0.3)
                self.assertAlmostEqual(float(frame["width"]), 120, delta=0.1)

    def test_a_frame_of_two_widths_is_none(self):
        svg = drawn(
            '<path fill="#24a" fill-rule="evenodd" d="M20 20H170V160H20zM30 40H160V140H30z"/>'
        )
        self.assertNotIn("stroke-width", svg)

    def test_a_tile_with_round_corners_keeps_them(self):
        image = upload('<rect x="16" y="16" width="160" height="160" rx="36" fill="#24a"/>')
        svg = trace(image, PRESETS["simple"]).svg
        self.assertGreater(fidelity(svg, image.image), 0.98)
        (tile,) = elements(svg, "rect")
        self.assertAlmostEqual(float(tile["rx"]), 36, delta=0.2)

    def test_a_disc_at_the_border_is_whole(self):
        (disc,) = elements(drawn('<circle cx="96" cy="96" r="95.8" fill="#e50"/>'), "circle")
        self.assertAlmostEqual(float(disc["r"]), 95.8, delta=0.1)

    def test_a_hole_is_exact(self):
        svg = drawn(
            '<path fill="#24a" fill-rule="evenodd" d="M20 20H170V160H20zM40.5 40.5H90V90H40.5z'
            'M120 90a20 20 0 1 0 0 40a20 20 0 1 0 0-40z"/>'
        )
        (path,) = elements(svg, "path")
        self.assertEqual(len(re.findall(r"[hv]", path["d"])), 6)
        self.assertEqual(path["d"].count("a"), 2)
