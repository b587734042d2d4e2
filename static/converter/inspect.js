// The picture of a result: original and drawing with a divider or side by side, outlines, and where
// the two differ; moved and zoomed. `show` takes a new drawing and leaves the view as it is.

import { drawDifference } from "./difference.js";
import { Divider } from "./divider.js";
import { outlineOf } from "./outline.js";
import { View } from "./view.js";

const MOVE = "Drag to move; wheel, pinch, + or − to zoom.";
const NOTES = {
  compare: `Left of the divider the original, right of it the SVG. ${MOVE}`,
  side: `Both show the same place. ${MOVE}`,
  outline: `The SVG's lines and nodes over the faded original. ${MOVE}`,
};
const PIXELS_FROM = 3; // times enlarged, from which the original's pixels are shown as squares

export class Inspector {
  constructor(root) {
    const find = (name) => root.querySelector(`[data-${name}]`);
    this.stage = find("stage");
    this.parts = { original: find("original"), drawing: find("drawing"), outline: find("outline"), difference: find("difference") };
    this.images = { original: this.parts.original.querySelector("img"), drawing: this.parts.drawing.querySelector("img") };
    this.canvas = this.parts.difference.querySelector("canvas");
    this.note = find("note");
    this.counts = root.ownerDocument.querySelectorAll("[data-count]");
    this.logo = { width: Number(this.stage.dataset.width), height: Number(this.stage.dataset.height) };
    this.level = find("level");
    this.stage.classList.add("live");
    this.view = new View(this.stage, this.logo.width, this.logo.height, () => this.draw());
    this.view.panes = () => (this.mode === "side" ? [this.parts.original, this.parts.drawing] : [this.stage]);
    this.divider = new Divider(find("divider"), this.stage, (share) => {
      this.stage.style.setProperty("--split", `${share * 100}%`);
    });
    root.querySelectorAll("[data-mode]").forEach((button) => {
      button.addEventListener("click", () => this.choose(button.dataset.mode));
    });
    const zooms = { in: () => this.view.zoomBy(1.5), out: () => this.view.zoomBy(1 / 1.5), fit: () => this.view.fit(), one: () => this.view.oneToOne() };
    root.querySelectorAll("[data-zoom]").forEach((button) => {
      button.addEventListener("click", zooms[button.dataset.zoom]);
    });
    find("tools").hidden = false;
    this.buttons = [...root.querySelectorAll("[data-mode]")];
    this.different = find("different");
    this.choose("compare");
    this.load(this.images.drawing.src);
    this.measure();
  }

  choose(mode) {
    this.mode = mode;
    this.stage.dataset.shows = mode;
    this.buttons.forEach((button) => button.setAttribute("aria-pressed", button.dataset.mode === mode));
    this.note.textContent = NOTES[mode] ?? "";
    if (mode === "difference") this.note.textContent = this.verdict ?? "";
    if (this.view.fitted) this.view.fit();
    else this.view.change();
  }

  draw() {
    const { left, top, width, height } = this.view.place;
    const style = { "--left": `${left}px`, "--top": `${top}px`, "--width": `${width}px`, "--height": `${height}px` };
    for (const [name, value] of Object.entries(style)) this.stage.style.setProperty(name, value);
    this.stage.classList.toggle("pixels", this.view.zoom >= PIXELS_FROM);
    this.level.textContent = `${Math.round(this.view.zoom * 100)}%`;
  }

  // Take a drawing from an address and replace the one that is shown once it is there.
  async load(address) {
    const answer = await fetch(address);
    if (answer.ok) this.describe(await answer.text());
  }

  async show(text) {
    const image = new Image();
    image.src = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
    await image.decode();
    const earlier = this.images.drawing.src;
    this.images.drawing.src = image.src;
    if (earlier.startsWith("blob:")) URL.revokeObjectURL(earlier);
    this.describe(text);
    this.measure();
  }

  describe(text) {
    this.text = text;
    const { overlay, counts } = outlineOf(text);
    this.parts.outline.replaceChildren(overlay);
    this.counts.forEach((element) => {
      if (element.dataset.count in counts) element.textContent = counts[element.dataset.count].toLocaleString("en");
    });
  }

  // Draw the difference, and say how much of the picture it is.
  async measure() {
    const { original, drawing } = this.images;
    await Promise.all([original.decode(), drawing.decode()]);
    const share = drawDifference(this.canvas, original, drawing, this.logo);
    const percent = share && share < 0.001 ? "<0.1%" : `${(share * 100).toFixed(1)}%`;
    this.different.textContent = percent;
    this.verdict = share ? `${percent} of the picture looks different from the original.` : "Nothing looks different from the original.";
    if (this.mode === "difference") this.note.textContent = this.verdict;
  }
}
