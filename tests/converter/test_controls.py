"""The controls beside a drawing in a real browser."""

import re

from converter.adjusting.palette import colours_in
from converter.models import Conversion
from tests.converter.images import logo
from tests.converter.results import ResultCase, file_of

_DRAWN = "() => document.querySelector('[data-state]').textContent === ''"


class ControlTests(ResultCase):
    file = file_of(logo(transparent=False).convert("RGB"))

    def drawn(self, change):
        """Change something and wait for the answer and the picture."""
        with self.page.expect_response(lambda r: "/adjust/" in r.url) as response:
            change()
        self.page.wait_for_function(_DRAWN)
        return response.value

    def swatches(self):
        return self.page.locator(".swatches code").all_inner_texts()

    def stored(self):
        return Conversion.objects.get()

    def test_a_slider_redraws_without_a_reload_and_keeps_zoom_and_place(self):
        self.page.evaluate("() => { window.kept = true; }")
        self.page.locator("[data-stage]").focus()
        self.page.keyboard.press("+")
        self.page.keyboard.press("ArrowLeft")
        style = self.page.locator("[data-stage]").get_attribute("style")
        picture = self.page.locator("[data-drawing] img").get_attribute("src")
        slider = self.page.get_by_label("Number of colours")
        self.drawn(lambda: slider.press("Home"))
        self.assertEqual(self.page.locator("output[for=adjust-colours]").inner_text(), "2")
        self.assertEqual(len(self.swatches()), 2)
        self.assertNotEqual(self.page.locator("[data-drawing] img").get_attribute("src"), picture)
        self.assertEqual(self.page.locator("[data-stage]").get_attribute("style"), style)
        self.assertTrue(self.page.evaluate("() => window.kept"))
        self.assertEqual(self.page.locator("[data-figure=colours]").inner_text(), "2")
        self.assertEqual(self.stored().adjustments, {"colours": 2})

    def test_the_address_carries_the_settings(self):
        self.drawn(lambda: self.page.locator("#adjust-ground").select_option("transparent"))
        self.assertTrue(self.page.url.endswith("?ground=transparent"))
        address = self.page.url
        self.drawn(lambda: self.page.get_by_role("button", name="Reset to preset").click())
        self.assertNotIn("?", self.page.url)
        self.assertEqual(self.stored().adjustments, {})
        self.drawn(lambda: self.page.goto(address))
        self.assertEqual(self.stored().adjustments, {"ground": "transparent"})
        self.assertEqual(self.page.locator("#adjust-ground").input_value(), "transparent")

    def test_settings_go_to_other_logos(self):
        self.drawn(lambda: self.page.locator("#adjust-ground").select_option("transparent"))
        self.page.get_by_role("link", name="Convert other logos with these settings").click()
        self.page.get_by_text("Background Remove around the logo").wait_for()
        self.page.set_input_files("input[type=file]", self.file)
        self.page.wait_for_url("**/conversions/*/")
        stored = Conversion.objects.values_list("adjustments", flat=True)
        self.assertEqual(list(stored), [{"ground": "transparent"}] * 2)

    def test_the_ground_takes_a_colour(self):
        self.drawn(
            lambda: self.page.locator("#adjust-ground").select_option(label="Fill with a colour")
        )
        picker = self.page.get_by_label("Background colour")
        self.drawn(lambda: picker.fill("#123456"))
        self.assertEqual(self.stored().adjustments, {"ground": "#123456"})
        self.assertIn("#123456", self.swatches())

    def test_a_colour_of_the_palette_is_changed_and_merged(self):
        red = next(colour for colour in self.swatches() if colour.startswith("#d"))
        self.drawn(lambda: self.page.get_by_label(f"Change {red}").fill("#00aa00"))
        self.assertIn("#00aa00", self.swatches())
        other = next(colour for colour in self.swatches() if colour != "#00aa00")
        merge = self.page.get_by_label("Merge #00aa00 into")
        self.drawn(lambda: merge.select_option(other))
        self.assertEqual(len(self.swatches()), 2)
        self.assertEqual(set(colours_in(self.stored().read_svg())), set(self.swatches()))
        for share in self.page.locator(".swatches .number").all_inner_texts():
            self.assertRegex(share, re.compile(r"^(\d+|<1)%$"))

    def test_colours_snap_to_a_pasted_list(self):
        self.page.get_by_text("Use brand colours").click()
        self.page.get_by_label("Paste your colours").fill("#c8102e, #012169, #fefefe")
        self.drawn(lambda: self.page.get_by_role("button", name="Use these colours").click())
        self.assertEqual(set(self.swatches()), {"#c8102e", "#012169", "#fefefe"})

    def test_a_list_that_is_none_is_told(self):
        self.expected_errors = ["422"]
        self.page.get_by_text("Use brand colours").click()
        self.page.get_by_label("Paste your colours").fill("red")
        self.page.get_by_role("button", name="Use these colours").click()
        self.page.locator("[data-state]", has_text="'red' is no colour").wait_for()

    def test_of_many_changes_the_last_one_is_drawn(self):
        slider = self.page.get_by_label("Detail")
        slider.focus()
        requests = []
        self.page.on("request", lambda r: requests.append(r) if "/adjust/" in r.url else None)
        for _ in range(8):
            self.page.keyboard.press("ArrowRight")
        self.page.wait_for_function("() => location.search === '?detail=90'")
        self.page.wait_for_function(_DRAWN)
        self.assertEqual(self.stored().adjustments, {"detail": 90})
        self.assertLess(len(requests), 8)

    def test_a_phone_shows_the_controls_without_sideways_scrolling(self):
        page = self.new_page(viewport={"width": 390, "height": 800}, has_touch=True)
        self.convert(page)
        self.assertLessEqual(page.evaluate("document.documentElement.scrollWidth"), 390)
        for box in page.locator(".control input:not([type=hidden])").all():
            if box.is_visible():
                self.assertGreaterEqual(box.bounding_box()["height"], 18)
