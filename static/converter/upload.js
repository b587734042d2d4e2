// Logos that are chosen, dropped or pasted anywhere on a page are sent at once. Without this script
// the form works as it is.

const form = document.querySelector("[data-drop]");
const input = form.querySelector("input[type=file]");
const status = form.querySelector("[data-status]");
let sending = false;

function say(text) { status.textContent = text; }

function report(text) {
  const notice = document.createElement("p");
  notice.className = "notice error";
  notice.setAttribute("role", "alert");
  notice.textContent = text;
  form.append(notice);
}

async function send(files) {
  if (sending) return;
  if (!files.length) { say("Choose an image file first."); return; }
  sending = true;
  form.classList.add("sending");
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
  form.classList.remove("sending");
  sending = false;
  input.value = "";
}

const hasFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");

form.addEventListener("submit", (event) => { event.preventDefault(); send([...input.files]); });
input.addEventListener("change", () => input.files.length && send([...input.files]));
for (const name of ["dragover", "dragenter"]) {
  document.addEventListener(name, (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    form.classList.add("over");
  });
}
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) form.classList.remove("over");
});
document.addEventListener("drop", (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  form.classList.remove("over");
  send([...event.dataTransfer.files]);
});
document.addEventListener("paste", (event) => {
  if (event.clipboardData.files.length) send([...event.clipboardData.files]);
});
