"""A result's picture in a real browser: moved, zoomed, compared, taken away and deleted."""

from django.core.files.base import ContentFile

from converter.models import Conversion
from converter.presets import LOGO_TYPES, drawing_alike
from tests.converter.results import ResultCase, drop, paste


class InspectingCase(ResultCase):
    def place(self, name="left"):
        value = self.page.locator("[data-stage]").evaluate(
            f"e => e.style.getPropertyValue('--{name}')"
        )
        return float(value.removesuffix("px"))

    def level(self):
        return float(self.page.locator("[data-level]").inner_text().removesuffix("%"))

    def middle(self):
        box = self.page.locator("[data-stage]").bounding_box()
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


class PictureTests(InspectingCase):
    def test_it_is_moved_by_dragging(self):
        left, top = self.place("left"), self.place("top")
        x, y = self.middle()
        self.page.mouse.move(x + 90, y + 90)
        self.page.mouse.down()
        self.page.mouse.move(x + 130, y + 60, steps=4)
        self.page.mouse.up()
        self.assertAlmostEqual(self.place("left"), left + 40, delta=1)
        self.assertAlmostEqual(self.place("top"), top - 30, delta=1)

    def test_the_wheel_zooms_about_the_pointer_to_32_times_and_back(self):
        x, y = self.middle()
        self.page.mouse.move(x + 50, y + 20)
        before = self.place("width")
        left = self.place("left")
        self.page.mouse.wheel(0, -300)
        self.page.wait_for_function(
            "w => parseFloat(document.querySelector('[data-stage]').style"
            ".getPropertyValue('--width')) > w",
            arg=before,
        )
        # What is under the pointer stays there.
        box = self.page.locator("[data-stage]").bounding_box()
        pointer = x + 50 - box["x"]
        share = (pointer - left) / before
        self.assertAlmostEqual(self.place("left") + share * self.place("width"), pointer, delta=1)
        for _ in range(12):
            self.page.mouse.wheel(0, -600)
        self.page.get_by_text("3200%").wait_for()
        self.page.get_by_role("button", name="1:1").click()
        self.assertEqual(self.level(), 100)
        self.page.get_by_role("button", name="Fit").click()
        self.assertAlmostEqual(self.place("left"), left, delta=1)

    def test_keys_move_and_zoom(self):
        stage = self.page.locator("[data-stage]")
        stage.focus()
        fit, left = self.level(), self.place("left")
        self.page.keyboard.press("ArrowLeft")
        self.assertAlmostEqual(self.place("left"), left + 60, delta=1)
        self.page.keyboard.press("+")
        self.assertGreater(self.level(), fit)
        self.page.keyboard.press("1")
        self.assertEqual(self.level(), 100)
        self.page.keyboard.press("0")
        self.assertEqual((self.level(), self.place("left")), (fit, left))

    def test_two_fingers_pinch(self):
        page = self.new_page(has_touch=True, viewport={"width": 390, "height": 800})
        self.convert(page)
        page.locator("[data-stage]").scroll_into_view_if_needed()
        before = page.locator("[data-level]").inner_text()
        box = page.locator("[data-stage]").bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 4
        session = page.context.new_cdp_session(page)

        def touch(kind, apart):
            points = [{"x": x - apart, "y": y, "id": 0}, {"x": x + apart, "y": y, "id": 1}]
            session.send(
                "Input.dispatchTouchEvent",
                {"type": kind, "touchPoints": points if kind != "touchEnd" else []},
            )

        touch("touchStart", 30)
        for apart in (40, 60, 80, 100):
            touch("touchMove", apart)
        touch("touchEnd", 100)
        after = page.locator("[data-level]").inner_text()
        self.assertGreater(float(after[:-1]), 2 * float(before[:-1]))

    def test_the_divider_is_dragged_on_the_picture_and_moved_by_keys(self):
        divider = self.page.get_by_role("slider", name="Divider")
        x, y = self.middle()
        box = self.page.locator("[data-stage]").bounding_box()
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        self.page.mouse.move(box["x"] + box["width"] / 4, y, steps=4)
        self.page.mouse.up()
        self.assertEqual(divider.get_attribute("aria-valuenow"), "25")
        left = self.place("left")
        divider.press("Home")
        self.assertEqual(divider.get_attribute("aria-valuenow"), "0")
        divider.press("ArrowRight")
        self.assertEqual(divider.get_attribute("aria-valuenow"), "2")
        self.assertEqual(self.place("left"), left)

    def test_the_outline_shows_as_many_nodes_as_it_counts(self):
        with self.page.expect_response(lambda r: "/adjust/" in r.url):
            self.page.get_by_label("Shapes").uncheck()
        self.page.locator("[data-count=shapes]", has_text="0").wait_for()
        self.page.get_by_role("button", name="Outline").click()
        dots = self.page.locator(".stage svg .nodes").get_attribute("d")
        count = int(self.page.locator("[data-count=nodes]").inner_text())
        self.assertGreaterEqual(count, 4)
        self.assertEqual(dots.count("M"), count)
        found = Conversion.objects.get()
        self.assertEqual(found.nodes, count)
        for name in ("paths", "shapes"):
            shown = self.page.locator(f"[data-count={name}]").inner_text()
            self.assertEqual(shown, str(getattr(found, name)))
        self.assertTrue(self.page.locator(".stage svg .lines > *").first.is_visible())

    def test_the_difference_is_none_for_the_same_picture_and_told_otherwise(self):
        self.page.get_by_role("button", name="Difference").click()
        self.page.locator("[data-note]", has_text="looks different").wait_for()
        found = Conversion.objects.get()
        empty = b'<svg xmlns="http://www.w3.org/2000/svg" width="128" height="128"/>'
        found.svg.save("drawing.svg", ContentFile(empty))
        self.page.reload()
        self.page.locator(".stage.live").wait_for()
        self.page.get_by_role("button", name="Difference").click()
        note = self.page.get_by_text("of the picture looks different")
        note.wait_for()
        self.assertGreater(float(note.inner_text().split("%")[0]), 30)

    def test_side_by_side_shows_the_same_place_twice(self):
        self.page.get_by_role("button", name="Side by side").click()
        boxes = [
            self.page.locator(f"[data-{name}] img").bounding_box()
            for name in ("original", "drawing")
        ]
        self.assertEqual(boxes[0]["width"], boxes[1]["width"])
        self.assertGreater(boxes[1]["x"], boxes[0]["x"])


class TypeTests(InspectingCase):
    """What is offered instead of the type that was told."""

    def test_types_that_draw_the_same_say_so(self):
        self.trace_as_text()
        alike = drawing_alike("text", lossy=False)
        self.page.get_by_text("Wrong type?").click()
        offered = self.page.get_by_label("It is").locator("option").all_inner_texts()
        same = [f"{name} (draws the same)" if name in alike else name for name in LOGO_TYPES]
        self.assertEqual(offered, same)
        self.assertIn("complex (draws the same)", offered)
        self.assertIn("simple", offered)

    def test_tracing_as_a_type_that_draws_the_same_says_so(self):
        self.trace_as_text()

    def trace_as_text(self):
        self.page.get_by_label("Trace as").select_option("text")
        self.page.get_by_role("button", name="Trace again").click()
        self.page.get_by_text("text draws this logo just as simple did").wait_for()


class TakingAwayTests(InspectingCase):
    def test_every_format_is_downloaded(self):
        starts = {
            "SVG": b"<svg", "SVG, layered": b"<svg", "PDF": b"%PDF", "EPS": b"%!PS",
            "PNG": b"\x89PNG", "DXF": b"  0",
        }  # fmt: skip
        for name, start in starts.items():
            with self.subTest(name), self.page.expect_download() as download:
                self.page.get_by_role("button", name=name, exact=True).click()
            file = download.value
            self.assertTrue(file.suggested_filename.startswith("mark"))
            self.assertTrue(file.path().read_bytes().startswith(start))

    def test_the_size_of_a_png_is_chosen(self):
        from PIL import Image

        self.page.get_by_label("Long side").fill("333")
        with self.page.expect_download() as download:
            self.page.get_by_role("button", name="PNG").click()
        self.assertEqual(Image.open(download.value.path()).size, (333, 333))

    def test_the_svg_is_copied(self):
        origin = self.live_server_url
        self.page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=origin)
        self.page.get_by_role("button", name="Copy SVG").click()
        self.page.get_by_text("The SVG is on the clipboard.").wait_for()
        copied = self.page.evaluate("() => navigator.clipboard.readText()")
        self.assertEqual(copied, Conversion.objects.get().read_svg())

    def test_it_is_deleted_by_keyboard(self):
        self.page.get_by_role("button", name="Delete this conversion").press("Enter")
        self.page.get_by_text("mark.png is deleted").wait_for()
        self.assertFalse(Conversion.objects.exists())

    def test_a_logo_that_is_dropped_on_a_result_is_converted(self):
        before = self.page.url
        drop(self.page, self.file["buffer"], "[data-stage]")
        self.page.wait_for_url(lambda url: "/conversions/" in url and url != before)
        self.page.get_by_role("heading", name="dropped.png").wait_for()

    def test_a_logo_that_is_pasted_on_a_result_is_converted(self):
        before = self.page.url
        paste(self.page, self.file["buffer"])
        self.page.wait_for_url(lambda url: "/conversions/" in url and url != before)
        self.page.get_by_role("heading", name="pasted.png").wait_for()

    def test_pasted_text_is_left_alone(self):
        self.page.evaluate(
            "() => { const data = new DataTransfer(); data.setData('text/plain', 'x');"
            " document.body.dispatchEvent(new ClipboardEvent("
            "'paste', { bubbles: true, clipboardData: data })); }"
        )
        self.assertEqual(self.page.locator("[data-drop] [data-status]").inner_text(), "")
        self.assertEqual(Conversion.objects.count(), 1)

    def test_a_dropped_file_that_is_no_image_is_told(self):
        self.expected_errors = ["422"]
        drop(self.page, [1, 2, 3])
        self.page.get_by_text("This is not a PNG").wait_for()
