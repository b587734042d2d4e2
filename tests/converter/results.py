"""What browser tests of a result's page share."""

from converter.tracers import tracers
from tests.converter.classifier import classifier_says
from tests.converter.images import encoded, logo
from tests.support.browser import BrowserTestCase

_DROP = """([bytes, target]) => {
  const data = new DataTransfer();
  data.items.add(new File([new Uint8Array(bytes)], "dropped.png", { type: "image/png" }));
  for (const name of ["dragenter", "dragover", "drop"]) {
    document.querySelector(target).dispatchEvent(
      new DragEvent(name, { bubbles: true, cancelable: true, dataTransfer: data }));
  }
}"""
_PASTE = """(bytes) => {
  const data = new DataTransfer();
  data.items.add(new File([new Uint8Array(bytes)], "pasted.png", { type: "image/png" }));
  document.body.dispatchEvent(
    new ClipboardEvent("paste", { bubbles: true, cancelable: true, clipboardData: data }));
}"""
_LOADED = "() => [...document.images].every(i => i.complete && i.naturalWidth > 0)"


def file_of(image):
    """Return an image as a file that a page is given."""
    return {"name": "mark.png", "mimeType": "image/png", "buffer": encoded(image)}


def drop(page, content, target="main"):
    """Drop a file on an element of a page."""
    page.evaluate(_DROP, [list(content), target])


def paste(page, content):
    """Paste a file anywhere on a page."""
    page.evaluate(_PASTE, list(content))


class ConvertingCase(BrowserTestCase):
    """Converts while a browser waits: what the tracer compiles is there before."""

    @classmethod
    def setUpClass(cls):
        tracers().warm()
        super().setUpClass()


class ResultCase(ConvertingCase):
    """Starts on the page of a logo that was just converted."""

    file = file_of(logo())

    def setUp(self):
        super().setUp()
        says = classifier_says("simple")
        says.__enter__()
        self.addCleanup(says.__exit__, None, None, None)
        self.convert(self.page)

    def convert(self, page):
        page.goto("/")
        page.set_input_files("input[type=file]", self.file)
        page.wait_for_url("**/conversions/*/")
        page.locator(".stage.live").wait_for()
        page.locator(".swatches li").first.wait_for()
        page.wait_for_function(_LOADED)
