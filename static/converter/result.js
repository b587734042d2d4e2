// A result's page.

import { Adjuster } from "./adjust.js";
import { copy } from "./clipboard.js";
import "./disclosure.js";
import "./upload.js";
import { Inspector } from "./inspect.js";

const inspector = new Inspector(document.querySelector("[data-inspect]"));

const button = document.querySelector("[data-copy]");
button.hidden = false;
button.addEventListener("click", async () => {
  const said = document.querySelector("[data-copied]");
  try {
    await copy(inspector.text);
    said.textContent = "The SVG is on the clipboard.";
  } catch (error) {
    said.textContent = `The SVG could not be copied. ${error.message}`;
  }
});

const form = document.querySelector("[data-adjust]");
if (form) {
  // Where the picture is not beside the controls, a small one stays in sight above them.
  const preview = form.querySelector("[data-preview]");
  const follow = () => { preview.src = inspector.images.drawing.src; };
  follow();
  preview.hidden = false;
  new Adjuster(form, async ({ svg, figures, losses }) => {
    await inspector.show(svg);
    follow();
    for (const [name, text] of Object.entries(figures)) {
      document.querySelector(`[data-figure="${name}"]`).textContent = text;
    }
    document.querySelectorAll("[data-loss]").forEach((element) => {
      element.textContent = losses[element.dataset.loss] ?? "";
      element.hidden = !element.textContent;
    });
  });
}
