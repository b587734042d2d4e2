// The controls beside a drawing. A change is drawn at once: one request at a time, and of the
// changes that come meanwhile only the last one counts. The address carries what was changed.

import { counted, Palette } from "./palette.js";

const WAIT = 60; // milliseconds of rest before a moving control counts

export class Adjuster {
  constructor(form, show) {
    Object.assign(this, { form, show, busy: false, waits: false, timer: 0 });
    const find = (name) => form.querySelector(`[data-${name}]`);
    this.state = find("state");
    this.said = find("said");
    this.ground = form.elements.ground;
    this.groundColour = find("ground-colour");
    this.share = find("share");
    this.controls = [...form.querySelectorAll("[data-start]")];
    find("plain").hidden = true;
    for (const name of ["reset", "snap", "share"]) find(name).hidden = false;
    this.palette = new Palette(form, (changes) => {
      const recolour = form.elements.recolour;
      recolour.value = [recolour.value, ...changes].filter(Boolean).join(",");
      this.send();
    });
    this.palette.show(JSON.parse(document.getElementById("swatches").textContent));
    form.addEventListener("submit", (event) => { event.preventDefault(); this.send(); });
    form.addEventListener("input", (event) => this.onInput(event.target));
    find("reset").addEventListener("click", () => this.reset());
    find("snap").addEventListener("click", () => { form.elements.recolour.value = ""; this.send(); });
    this.fromAddress();
    this.tell();
  }

  onInput(control) {
    if (control === this.groundColour) this.colourGround();
    else if (!this.controls.includes(control)) return;
    this.tell();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.send(), WAIT);
  }

  // Show each control's value, and the ground's colour only where it counts.
  tell() {
    for (const control of this.controls) {
      const output = control.type === "range" && this.form.querySelector(`output[for="${control.id}"]`);
      if (!output) continue;
      output.textContent = `${Math.round(control.value * 10) / 10}${control.dataset.unit}`;
      control.setAttribute("aria-valuetext", output.textContent);
    }
    this.groundColour.hidden = !this.ground.selectedOptions[0].hasAttribute("data-colour");
  }

  colourGround() {
    this.ground.querySelector("[data-colour]").value = this.groundColour.value;
  }

  // What differs from the preset, as the address has it.
  get changed() {
    const values = new URLSearchParams();
    for (const control of this.controls) {
      const value = control.type === "checkbox" ? String(control.checked) : control.value;
      if (value !== control.dataset.start) values.set(control.name, value);
    }
    for (const name of ["palette", "recolour"]) {
      const text = this.form.elements[name].value.trim();
      if (text) values.set(name, text);
    }
    return values;
  }

  set(name, value) {
    const control = this.controls.find((one) => one.name === name);
    if (!control) {
      if (name in this.form.elements) this.form.elements[name].value = value;
    } else if (control.type === "checkbox") control.checked = value === "true";
    else if (control === this.ground && value.startsWith("#")) {
      this.groundColour.value = value;
      this.colourGround();
      control.value = value;
    } else control.value = value;
  }

  // An address with other values than those drawn is drawn anew.
  fromAddress() {
    const wanted = new URLSearchParams(location.search);
    const known = [...wanted].filter(([name]) => name in this.form.elements);
    if (!known.length) return;
    const before = this.changed.toString();
    this.restart();
    known.forEach(([name, value]) => this.set(name, value));
    if (this.changed.toString() !== before) this.send();
  }

  restart() {
    for (const control of this.controls) this.set(control.name, control.dataset.start);
    for (const name of ["palette", "recolour"]) this.form.elements[name].value = "";
  }

  reset() {
    this.restart();
    this.tell();
    this.send();
  }

  async send() {
    clearTimeout(this.timer);
    if (this.busy) { this.waits = true; return; }
    this.busy = true;
    this.state.textContent = "Drawing…";
    try {
      do {
        this.waits = false;
        await this.draw();
      } while (this.waits);
    } finally {
      this.busy = false;
    }
  }

  async draw() {
    const changed = this.changed;
    const body = new URLSearchParams(changed);
    body.set("csrfmiddlewaretoken", this.form.elements.csrfmiddlewaretoken.value);
    let answer;
    try {
      const response = await fetch(this.form.action, { method: "POST", body, headers: { Accept: "application/json" } });
      answer = await response.json();
    } catch {
      answer = { faults: ["The server cannot be reached. Try again."] };
    }
    if (this.waits) return; // a newer change is on its way
    this.state.classList.toggle("bad", !answer.svg);
    if (!answer.svg) {
      this.state.textContent = (answer.faults ?? ["It could not be drawn. Try again."]).join(" ");
      this.said.textContent = this.state.textContent;
      return;
    }
    await this.show(answer);
    this.palette.show(answer.swatches);
    this.state.textContent = "";
    this.said.textContent = `Drawn: fidelity ${answer.figures.fidelity}, ${counted(Number(answer.figures.colours), "colour")}, ${answer.figures.size}.`;
    const query = changed.toString();
    history.replaceState(null, "", query ? `?${query}` : location.pathname);
    changed.delete("recolour"); // of this drawing alone
    this.share.href = `/${changed.toString() ? `?${changed}` : ""}`;
  }
}
