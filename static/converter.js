"use strict";

// Upload: chosen, dropped or pasted images are sent at once. Without this script the form works as
// it is.
const form = document.querySelector("[data-drop]");
if (form) {
  const input = form.querySelector("input[type=file]");
  const button = form.querySelector("button");
  const say = (text) => { form.querySelector("[data-status]").textContent = text; };
  const send = async (files) => {
    if (button.disabled) return;
    if (!files.length) { say("Choose an image file first."); return; }
    button.disabled = true;
    form.querySelectorAll(":scope > .notice").forEach((notice) => notice.remove());
    say(files.length > 1 ? `Sending ${files.length} files…` : "Converting…");
    const data = new FormData(form);
    data.delete(input.name);
    for (const file of files) data.append(input.name, file);
    try {
      const response = await fetch(form.action, { method: "POST", body: data });
      if (response.ok) { location.assign(response.url); return; }
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const notices = page.querySelectorAll(".notice.error");
      if (notices.length) notices.forEach((notice) => form.append(document.adoptNode(notice)));
      else report(`The server answered with status ${response.status}. Try again.`);
    } catch {
      report("The server cannot be reached. Try again.");
    }
    say("");
    button.disabled = false;
    input.value = "";
  };
  const report = (text) => {
    const notice = document.createElement("p");
    notice.className = "notice error";
    notice.setAttribute("role", "alert");
    notice.textContent = text;
    form.append(notice);
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
