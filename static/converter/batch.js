// A batch's page: one box ticks all that are shown.

import "./disclosure.js";
import "./upload.js";

document.addEventListener("change", (event) => {
  const all = event.target.closest("[data-all] input");
  if (!all) return;
  all.form.querySelectorAll("[name=chosen]").forEach((box) => { box.checked = all.checked; });
});

// The page may fetch its state anew while workers convert.
const show = () => document.querySelectorAll("[data-all]").forEach((label) => { label.hidden = false; });
document.body.addEventListener("htmx:afterSettle", show);
show();
