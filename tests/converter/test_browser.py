from unittest import mock

from converter.batches import convert_item
from converter.tasks import convert_batch_item
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
        self.page.get_by_label("Trace as").select_option("text")
        self.page.get_by_role("button", name="Trace again").click()
        self.page.get_by_text("You chose the text preset").wait_for()

    def test_a_batch_shows_its_progress_and_names_a_bad_file(self):
        bad = {**FILE, "name": "bad.png", "buffer": b"nothing"}
        with mock.patch.object(convert_batch_item, "delay") as delay:
            self.page.goto("/")
            self.page.set_input_files("input[type=file]", [bad, self.good])
            self.page.wait_for_url("**/batches/*/")
        self.page.get_by_text("0 of 2 converted · waits for a worker").wait_for()
        first, second = (call.args[0] for call in delay.call_args_list)
        convert_item(first)
        self.page.get_by_text("bad.png: This is not a PNG").wait_for()
        convert_item(second)
        self.page.get_by_text("1 of 2 converted, 1 not").wait_for()
        self.page.locator(".thumbs").get_by_text("mark.png").wait_for()
        self.assertEqual(self.page.locator("progress").count(), 0)

    def test_a_file_that_is_refused_is_told_where_it_was_chosen(self):
        self.expected_errors = ["422"]
        self.page.goto("/")
        bad = {**FILE, "name": "bad.png", "buffer": b"nothing"}
        self.page.set_input_files("input[type=file]", bad)
        self.page.get_by_text("This is not a PNG").wait_for()
        self.page.set_input_files("input[type=file]", self.good)
        self.page.wait_for_url("**/conversions/*/")

    def test_a_phone_shows_it_without_sideways_scrolling(self):
        page = self.new_page(viewport={"width": 390, "height": 800})
        page.goto("/")
        long_name = {**self.good, "name": "m" * 90 + ".png"}
        page.set_input_files("input[type=file]", long_name)
        page.wait_for_url("**/conversions/*/")
        width = page.evaluate("document.documentElement.scrollWidth")
        self.assertLessEqual(width, 390)
