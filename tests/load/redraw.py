"""Times in a browser how long each control of a result's page takes until its drawing is shown.

Usage: python -m tests.load.redraw LOGO [LOGO ...]. From the input event to the frame after the new
drawing is decoded, so the control's rest of 60 ms is in it. A web server of its own is started; how
much processor time it and its tracers take for a change is told beside, since that does not hang on
what else the machine does.
"""

import argparse
import statistics
import tempfile
from contextlib import suppress
from pathlib import Path

import psutil
from playwright.sync_api import sync_playwright

from tests.load.run import web_server
from tests.support.browser import CHROMIUM

# Of each control: its name, and the values that it is given in turn.
CONTROLS = {
    "Number of colours": ("colours", ["4", "6", "3", "12", "2"]),
    "Detail": ("detail", ["70", "30", "100", "0", "60"]),
    "Smoothing": ("smoothing", ["1", "0.3", "2", "3", "0.8"]),
    "Corners": ("corners", ["40", "10", "80", "120", "30"]),
    "Speckles": ("speckles", ["10", "40", "0", "100", "5"]),
    "Gradients": ("gradients", ["", "", "", "", ""]),
    "Shapes": ("shapes", ["", "", "", "", ""]),
    "Background": (
        "ground", ["transparent", "keep", "transparent-everywhere", "keep", "transparent"],
    ),
}  # fmt: skip
_SHOWN = """({ name, value }) => new Promise((resolve) => {
  const image = document.querySelector("[data-drawing] img");
  const control = document.querySelector(
    name ? `[data-adjust] [data-start][name="${name}"]` : "[data-swatches] input");
  const begun = performance.now();
  const watch = new MutationObserver(async () => {
    watch.disconnect();
    await image.decode();
    requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now() - begun)));
  });
  watch.observe(image, { attributes: true, attributeFilter: ["src"] });
  if (control.type === "checkbox") control.checked = !control.checked;
  else control.value = value;
  control.dispatchEvent(new Event(name ? "input" : "change", { bubbles: true }));
})"""
_READY = "() => document.querySelector('[data-state]').textContent === ''"


def main():
    """Measure every control on every logo, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("logos", type=Path, nargs="+", metavar="LOGO")
    logos = parser.parse_args().logos
    found = {}
    with tempfile.TemporaryDirectory(prefix="redraw-") as name, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        with web_server(Path(name), 1, CONVERTER_INLINE_SECONDS="600") as address:
            for logo in logos:
                page = browser.new_page(base_url=address)
                for control, times in measured(page, logo).items():
                    found.setdefault(control, {})[logo.name] = times
                page.close()
        browser.close()
    report(found)


def measured(page, logo):
    """Return what each change of each control took on one logo."""
    page.set_default_timeout(300_000)
    page.goto("/")
    page.set_input_files("input[type=file]", logo)
    page.wait_for_url("**/conversions/*/")
    page.locator(".swatches li").first.wait_for()
    times = {}
    for control, (name, values) in CONTROLS.items():
        times[control] = [change(page, name, value) for value in values]
        page.get_by_role("button", name="Reset to preset").click()
        page.wait_for_function(_READY)
    colours = [f"#{number}{number}0000" for number in range(1, 6)]
    times["Palette"] = [change(page, "", colour) for colour in colours]
    return times


def change(page, name, value):
    """Change a control, or without a name a colour.

    Return the milliseconds until it is seen, and those of processors that the server took.
    """
    page.wait_for_timeout(200)
    before = server_seconds()
    taken = page.evaluate(_SHOWN, {"name": name, "value": value})
    page.wait_for_function(_READY)
    return taken, 1000 * (server_seconds() - before)


def server_seconds():
    """Return the processor time of the server's processes; all others here are the browser's."""
    seconds = 0.0
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            if process.name().startswith("python"):
                times = process.cpu_times()
                seconds += times.user + times.system
    return seconds


def report(found):
    """Print for each control the clock's median and worst, where, and the processors' median."""
    print("| control | median ms | worst ms | on | server CPU ms |\n|---|---|---|---|---|")
    for control, by_logo in found.items():
        taken = {name: max(clock for clock, _ in times) for name, times in by_logo.items()}
        worst = max(taken, key=taken.get)
        clock, cpu = (
            statistics.median(time[part] for times in by_logo.values() for time in times)
            for part in (0, 1)
        )
        print(f"| {control} | {clock:.0f} | {taken[worst]:.0f} | {worst} | {cpu:.0f} |")


if __name__ == "__main__":
    main()
