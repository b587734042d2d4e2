"""From an upload to a download and to its deletion in a real browser, by keyboard alone."""

from tests.converter.images import logo
from tests.converter.results import ResultCase, file_of

_PARTS = {
    "header": "head", "h1, .title": "title", "[data-inspect]": "picture", "[data-adjust]": "adjust",
    ".away": "downloads", ".types": "types", "form[action$='/delete/']": "delete",
}  # fmt: skip
# The part of the page, the name, and whether a line is seen around what has the focus.
_FOCUS = """(parts) => {
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  const lined = (element) => {
    const style = getComputedStyle(element);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
  };
  const part = Object.keys(parts).find((selector) => at.closest(selector));
  const name = at.getAttribute("aria-label") || at.labels?.[0]?.innerText || at.innerText;
  return [parts[part] ?? "", name.trim(), [at, ...at.children].some(lined)];
}"""


class KeyboardTests(ResultCase):
    file = file_of(logo(transparent=False).convert("RGB"))

    def focus(self):
        return self.page.evaluate(_FOCUS, _PARTS)

    def tab_to(self, name, part):
        """Press the tab key until something has the focus."""
        for _ in range(80):
            self.page.keyboard.press("Tab")
            if (at := self.focus()) and at[0] == part and name in at[1]:
                return
        self.fail(f"{name} is not reached.")

    def test_a_logo_is_chosen(self):
        self.page.goto("/")
        names = []
        while "Drop logos here" not in (names or [""])[-1]:
            self.page.keyboard.press("Tab")
            names.append(self.focus()[1])
        self.assertEqual(names[:3], ["Skip to content", "Logo to SVG", "Convert"])
        with self.page.expect_file_chooser() as chooser:
            self.page.keyboard.press("Enter")
        chooser.value.set_files(self.file)
        self.page.wait_for_url("**/conversions/*/")

    def test_everything_is_reached_in_order_with_a_line_around_it(self):
        stops = []
        for _ in range(150):
            self.page.keyboard.press("Tab")
            at = self.focus()
            if at is None or at in stops[:1]:
                break
            stops.append(at)
        else:
            self.fail("The focus does not come to an end.")
        for part, name, lined in stops:
            with self.subTest(part=part, name=name):
                self.assertTrue(lined, "The focus is not seen.")
                self.assertTrue(name, "It has no name.")
        parts = [part for part, _, _ in stops if part]
        order = [part for n, part in enumerate(parts) if n == 0 or parts[n - 1] != part]
        self.assertEqual(order, list(_PARTS.values()))

    def test_a_change_is_drawn_and_announced(self):
        self.tab_to("Number of colours", "adjust")
        self.page.keyboard.press("Home")
        said = self.page.locator("[data-said]", has_text="Drawn: fidelity")
        said.wait_for(state="attached")
        self.assertIn("2 colours", said.inner_text())
        self.assertEqual(self.focus()[1], "Number of colours")
        slider = self.page.get_by_label("Corners")
        slider.press("Home")
        self.assertEqual(slider.get_attribute("aria-valuetext"), "5°")

    def test_a_file_is_downloaded_and_the_conversion_deleted(self):
        self.tab_to("PDF", "downloads")
        with self.page.expect_download() as download:
            self.page.keyboard.press("Enter")
        self.assertEqual(download.value.suggested_filename, "mark.pdf")
        self.tab_to("Delete this conversion", "delete")
        self.page.keyboard.press("Enter")
        self.page.get_by_role("status").get_by_text("mark.png is deleted").wait_for()

    def test_escape_closes_what_was_opened_and_goes_back_to_it(self):
        self.tab_to("Rename", "title")
        self.page.keyboard.press("Enter")
        self.tab_to("New name", "title")
        self.page.keyboard.press("Escape")
        self.assertFalse(self.page.get_by_label("New name").is_visible())
        self.assertEqual(self.focus()[1], "Rename")
