import zipfile
from unittest import mock

from converter.intake import convert_item
from converter.models import Batch, BatchItem, Conversion
from tests.converter.classifier import classifier_says
from tests.converter.images import encoded, logo
from tests.converter.results import ConvertingCase, drop, paste

FILE = {"name": "mark.png", "mimeType": "image/png"}


class ConvertPageTest(ConvertingCase):
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
        with mock.patch("converter.batches.enqueue") as delay:
            self.page.goto("/")
            self.page.set_input_files("input[type=file]", [bad, self.good])
            self.page.wait_for_url("**/batches/*/")
        self.page.get_by_text("0 of 2 converted · waits for a worker").wait_for()
        first, second = (call.args[0] for call in delay.call_args_list)
        convert_item(first)
        self.page.get_by_text("bad.png: This is not a PNG").wait_for()
        convert_item(second)
        self.page.get_by_text("1 of 2 converted, 1 failed").wait_for()
        self.page.locator(".thumbs").get_by_role("link", name="mark.png").wait_for()
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


class BatchPageTest(ConvertingCase):
    """A finished batch: chosen from, traced again, taken away and deleted."""

    def setUp(self):
        super().setUp()
        says = classifier_says("simple")
        says.__enter__()
        self.addCleanup(says.__exit__, None, None, None)
        good = {**FILE, "buffer": encoded(logo())}
        files = [{**good, "name": "a.png"}, {**good, "name": "b.png"}]
        with mock.patch("converter.batches.enqueue", side_effect=convert_item):
            self.page.goto("/")
            self.page.set_input_files("input[type=file]", files)
            self.page.wait_for_url("**/batches/*/")
        self.page.get_by_text("2 of 2 converted").wait_for()

    def test_its_zip_has_the_formats_that_are_ticked(self):
        self.page.get_by_label("PDF").check()
        with self.page.expect_download() as download:
            self.page.get_by_role("button", name="Download all (zip)").click()
        names = zipfile.ZipFile(download.value.path()).namelist()
        self.assertEqual(names, ["a.svg", "a.pdf", "b.svg", "b.pdf"])

    def test_all_that_are_shown_are_chosen_and_traced_again(self):
        self.page.get_by_label("Choose all that are shown").check()
        self.page.get_by_label("Trace as").select_option("complex")
        with mock.patch("converter.batches.enqueue", side_effect=convert_item):
            self.page.get_by_role("button", name="Trace the chosen again").click()
            self.page.get_by_role("link", name="complex 2").wait_for()
        presets = Conversion.objects.values_list("preset", flat=True)
        self.assertEqual(list(presets), ["complex"] * 2)

    def test_the_chosen_are_traced_with_other_settings(self):
        self.page.get_by_label("Choose b.png").check()
        self.page.get_by_text("Change settings of the chosen").click()
        self.page.get_by_label("Number of colours").fill("2")
        self.page.locator("[name=ground]").select_option("#000000")
        with mock.patch("converter.batches.enqueue", side_effect=convert_item):
            self.page.get_by_role("button", name="Trace the chosen again").click()
            self.page.get_by_text("2 of 2 converted").wait_for()
        stored = Conversion.objects.order_by("name").values_list("adjustments", flat=True)
        self.assertEqual(list(stored), [{}, {"colours": 2, "ground": "#000000"}])

    def test_it_is_narrowed_down_and_all_that_are_shown_are_deleted(self):
        Conversion.objects.filter(name="b.png").update(fidelity=0.2)
        self.page.reload()
        self.page.get_by_role("link", name="fidelity below").click()
        self.page.get_by_label("Choose b.png").wait_for()
        self.assertEqual(self.page.get_by_label("Choose a.png").count(), 0)
        self.page.get_by_label("Choose all that are shown").check()
        self.page.get_by_role("button", name="Delete the chosen").click()
        self.page.get_by_text("1 logo is deleted").wait_for()
        self.assertEqual(Conversion.objects.get().name, "a.png")

    def test_what_failed_is_shown_alone(self):
        BatchItem.objects.filter(name="b.png").update(status="failed", message="Too dark.")
        self.page.reload()
        self.page.get_by_text("1 of 2 converted, 1 failed").wait_for()
        self.page.get_by_role("link", name="failed 1").click()
        self.page.get_by_label("Choose b.png").wait_for()
        self.assertEqual(self.page.get_by_label("Choose a.png").count(), 0)

    def test_it_is_renamed_by_keyboard(self):
        self.page.get_by_text("Rename", exact=True).first.press("Enter")
        self.page.get_by_label("New name").fill("Partners")
        self.page.keyboard.press("Enter")
        self.page.get_by_role("heading", name="Partners").wait_for()
        self.assertEqual(Batch.objects.get().name, "Partners")

    def test_a_logo_that_is_dropped_or_pasted_on_it_is_converted(self):
        batch, content = self.page.url, encoded(logo())
        drop(self.page, content)
        self.page.get_by_role("heading", name="dropped.png").wait_for()
        self.page.goto(batch)
        paste(self.page, content)
        self.page.get_by_role("heading", name="pasted.png").wait_for()

    def test_the_whole_is_deleted(self):
        self.page.get_by_role("button", name="Delete the whole batch").click()
        self.page.get_by_text("2 logos are deleted").wait_for()
        self.assertFalse(Batch.objects.exists() or Conversion.objects.exists())

    def test_one_is_deleted_by_keyboard(self):
        self.page.get_by_label("Choose a.png").press("Space")
        self.page.get_by_role("button", name="Delete the chosen").press("Enter")
        self.page.get_by_text("1 logo is deleted").wait_for()
        self.assertEqual(Conversion.objects.count(), 1)
