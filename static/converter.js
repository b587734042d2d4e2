"use strict";

// Upload: a dropped or pasted image is sent at once. Without this script the form works as it is.
const form = document.querySelector("[data-drop]");
if (form) {
  const input = form.querySelector("input[type=file]");
  const say = (text) => { form.querySelector("[data-status]").textContent = text; };
  const send = (files) => {
    if (!files.length) { say("That was no image file."); return; }
    const transfer = new DataTransfer();
    transfer.items.add(files[0]);
    input.files = transfer.files;
    form.requestSubmit();
  };
  form.addEventListener("submit", () => {
    say("Converting…");
    form.querySelector("button").disabled = true;
  });
  input.addEventListener("change", () => input.files.length && form.requestSubmit());
  for (const name of ["dragover", "dragenter"]) {
    document.addEventListener(name, (event) => { event.preventDefault(); form.classList.add("over"); });
  }
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) form.classList.remove("over");
  });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    form.classList.remove("over");
    send(event.dataTransfer.files);
  });
  document.addEventListener("paste", (event) => {
    if (event.clipboardData.files.length) send(event.clipboardData.files);
  });
  window.addEventListener("pageshow", () => { form.querySelector("button").disabled = false; say(""); });
}

// Result: one picture over the other with a slider, or both side by side.
const compare = document.querySelector("[data-compare]");
if (compare) {
  const controls = document.querySelector("[data-controls]");
  const slider = controls.querySelector("[data-slider]");
  const sideBySide = controls.querySelector("[data-side-by-side]");
  const arrange = () => {
    compare.classList.toggle("slide", !sideBySide.checked);
    slider.disabled = sideBySide.checked;
    compare.style.setProperty("--split", `${slider.value}%`);
  };
  controls.hidden = false;
  slider.addEventListener("input", arrange);
  sideBySide.addEventListener("change", arrange);
  controls.querySelector("[data-zoom]").addEventListener("input", (event) => {
    compare.style.setProperty("--zoom", event.target.value);
  });
  arrange();
}
