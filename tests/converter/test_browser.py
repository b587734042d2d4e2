from tests.converter.classifier import classifier_says
from tests.converter.images import encoded, logo
from tests.support.browser import BrowserTestCase

FILE = {"name": "mark.png", "mimeType": "image/png"}


class ConvertPageTest(BrowserTestCase):
    def setUp(self):
        super().setUp()
        says = classifier_says("gradient")
        says.__enter__()
        self.addCleanup(says.__exit__, None, None, None)
        self.good = {**FILE, "buffer": encoded(logo())}

    def test_a_chosen_logo_is_converted_and_drawn_again_with_another_preset(self):
        self.page.goto("/")
        self.page.set_input_files("input[type=file]", self.good)
        self.page.wait_for_url("**/conversions/*/")
        self.page.get_by_text("The classifier says gradient").wait_for()
        loaded = "() => [...document.images].every(i => i.complete && i.naturalWidth > 0)"
        self.page.wait_for_function(loaded)
        self.page.get_by_label("Compare").focus()
        self.page.keyboard.press("Home")
        split = self.page.locator("[data-compare]").evaluate("e => e.style.cssText")
        self.assertIn("--split: 0%", split)
        self.page.get_by_label("Trace as").select_option("text")
        self.page.get_by_role("button", name="Trace again").click()
        self.page.get_by_text("You chose the text preset").wait_for()

    def test_a_bad_file_among_several_is_named_and_the_rest_listed(self):
        self.expected_errors = ["422"]
        self.page.goto("/")
        bad = {**FILE, "name": "bad.png", "buffer": b"nothing"}
        self.page.set_input_files("input[type=file]", [bad, self.good])
        self.page.get_by_text("1 converted, 1 not.").wait_for()
        self.page.get_by_text("bad.png: This is not a PNG").wait_for()
        self.page.locator(".thumbs").get_by_text("mark.png").wait_for()

    def test_a_phone_shows_it_without_sideways_scrolling(self):
        page = self.new_page(viewport={"width": 390, "height": 800})
        page.goto("/")
        long_name = {**self.good, "name": "m" * 90 + ".png"}
        page.set_input_files("input[type=file]", long_name)
        page.wait_for_url("**/conversions/*/")
        width = page.evaluate("document.documentElement.scrollWidth")
        self.assertLessEqual(width, 390)
