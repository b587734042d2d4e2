"use strict";

// Upload: chosen, dropped or pasted images are sent at once, one after the other. Without this
// script the form works as it is.
const form = document.querySelector("[data-drop]");
if (form) {
  const input = form.querySelector("input[type=file]");
  const button = form.querySelector("button");
  const progress = form.querySelector("[data-progress]");
  const faults = form.querySelector("[data-faults]");
  const say = (text) => { form.querySelector("[data-status]").textContent = text; };
  const report = (text) => {
    const item = document.createElement("li");
    item.className = "notice error";
    item.textContent = text;
    faults.append(item);
  };
  const sendOne = async (file) => {
    const data = new FormData(form);
    data.set(input.name, file);
    const response = await fetch(form.action, { method: "POST", body: data });
    if (response.ok) return response.url;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    throw new Error(page.querySelector(".notice.error")?.textContent
      ?? `The server answered with status ${response.status}. Try again.`);
  };
  const send = async (files) => {
    if (button.disabled) return;
    if (!files.length) { say("Choose an image file first."); return; }
    button.disabled = true;
    faults.replaceChildren();
    form.querySelectorAll(":scope > .notice").forEach((notice) => notice.remove());
    progress.hidden = files.length < 2;
    progress.max = files.length;
    const done = [];
    for (const [index, file] of files.entries()) {
      say(files.length > 1 ? `Converting ${index + 1} of ${files.length}: ${file.name}` : "Converting…");
      progress.value = index;
      try {
        done.push(await sendOne(file));
      } catch (error) {
        report(`${file.name}: ${error.message}`);
      }
    }
    progress.hidden = true;
    button.disabled = false;
    input.value = "";
    const failed = files.length - done.length;
    say(failed ? `${done.length} converted, ${failed} not.` : "Done.");
    if (!failed) location.assign(done.length === 1 ? done[0] : form.action);
    else if (done.length) showList();
  };
  const showList = async () => {
    // What was converted appears below; the faults stay to be read.
    const text = await (await fetch(form.action)).text();
    const page = new DOMParser().parseFromString(text, "text/html");
    document.querySelector("[data-recent]").replaceWith(page.querySelector("[data-recent]"));
  };
  form.addEventListener("submit", (event) => { event.preventDefault(); send([...input.files]); });
  input.addEventListener("change", () => input.files.length && send([...input.files]));
  for (const name of ["dragover", "dragenter"]) {
    document.addEventListener(name, (event) => { event.preventDefault(); form.classList.add("over"); });
  }
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) form.classList.remove("over");
  });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    form.classList.remove("over");
    send([...event.dataTransfer.files]);
  });
  document.addEventListener("paste", (event) => {
    if (event.clipboardData.files.length) send([...event.clipboardData.files]);
  });
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
