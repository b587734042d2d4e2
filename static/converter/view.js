// Where a picture is seen in its panes: pan and zoom, by pointer, wheel, pinch and keys.

const MOST = 32; // CSS pixels for each pixel of the logo
const LARGEST = 65536; // CSS pixels a side: browsers draw no more of one image
const STEP = 1.25;
const KEY_PAN = 60; // CSS pixels

export class View {
  // `stage` takes the input; `panes` are the boxes in which the logo is seen, each of the same size.
  constructor(stage, width, height, draw) {
    Object.assign(this, { stage, width, height, draw, x: 0, y: 0, zoom: 1, fitted: true });
    this.panes = () => [stage];
    this.pointers = new Map();
    stage.addEventListener("wheel", (event) => this.onWheel(event), { passive: false });
    stage.addEventListener("pointerdown", (event) => this.onDown(event));
    stage.addEventListener("pointermove", (event) => this.onMove(event));
    for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) {
      stage.addEventListener(name, (event) => this.onUp(event));
    }
    stage.addEventListener("dblclick", (event) => this.zoomBy(2, this.at(event)));
    stage.addEventListener("keydown", (event) => this.onKey(event));
    new ResizeObserver(() => (this.fitted ? this.fit() : this.change())).observe(stage);
  }

  get box() {
    const pane = this.panes()[0];
    return { width: pane.clientWidth, height: pane.clientHeight };
  }

  get fitting() {
    const { width, height } = this.box;
    return Math.min(MOST, 0.92 * Math.min(width / this.width, height / this.height)) || 1;
  }

  get limits() {
    const most = Math.min(MOST, LARGEST / Math.max(this.width, this.height));
    return [Math.min(this.fitting, 1) / 2, Math.max(most, this.fitting)];
  }

  fit() {
    Object.assign(this, { x: 0, y: 0, zoom: this.fitting, fitted: true });
    this.change();
  }

  oneToOne() {
    this.zoomBy(1 / this.zoom, { x: 0, y: 0 });
  }

  // Zoom about a point, given from the middle of its pane, which stays where it is.
  zoomBy(factor, point = { x: 0, y: 0 }) {
    const [least, most] = this.limits;
    const zoom = Math.min(most, Math.max(least, this.zoom * factor));
    const real = zoom / this.zoom;
    this.x = point.x - (point.x - this.x) * real;
    this.y = point.y - (point.y - this.y) * real;
    this.zoom = zoom;
    this.fitted = false;
    this.change();
  }

  panBy(x, y) {
    this.x += x;
    this.y += y;
    this.fitted = false;
    this.change();
  }

  // Some of the logo always stays in sight.
  change() {
    const { width, height } = this.box;
    const across = (this.width * this.zoom + width) / 2 - 40;
    const down = (this.height * this.zoom + height) / 2 - 40;
    this.x = Math.min(across, Math.max(-across, this.x));
    this.y = Math.min(down, Math.max(-down, this.y));
    this.draw(this);
  }

  // Where the logo lies in a pane, in CSS pixels.
  get place() {
    const { width, height } = this.box;
    return {
      left: width / 2 + this.x - (this.width * this.zoom) / 2,
      top: height / 2 + this.y - (this.height * this.zoom) / 2,
      width: this.width * this.zoom,
      height: this.height * this.zoom,
    };
  }

  at(event) {
    const pane = this.panes().find((one) => one.contains(event.target)) ?? this.panes()[0];
    const box = pane.getBoundingClientRect();
    return { x: event.clientX - box.left - box.width / 2, y: event.clientY - box.top - box.height / 2 };
  }

  onWheel(event) {
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    // A pinch on a touchpad comes as a wheel with the control key, in small steps.
    this.zoomBy(Math.exp(-event.deltaY * lines * (event.ctrlKey ? 0.01 : 0.0018)), this.at(event));
  }

  onDown(event) {
    if (event.button || event.target.closest("[data-divider], a, button, input")) return;
    this.stage.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, event);
    this.stage.classList.add("panning");
  }

  onMove(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const other = [...this.pointers.values()].find((one) => one.pointerId !== event.pointerId);
    this.pointers.set(event.pointerId, event);
    if (!other) {
      this.panBy(event.clientX - before.clientX, event.clientY - before.clientY);
      return;
    }
    const apart = (one) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
    const middle = this.at({
      target: event.target, clientX: (event.clientX + other.clientX) / 2, clientY: (event.clientY + other.clientY) / 2,
    });
    this.zoomBy(apart(event) / Math.max(1, apart(before)), middle);
    this.panBy((event.clientX - before.clientX) / 2, (event.clientY - before.clientY) / 2);
  }

  onUp(event) {
    this.pointers.delete(event.pointerId);
    if (!this.pointers.size) this.stage.classList.remove("panning");
  }

  onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target !== this.stage) return;
    const keys = {
      "+": () => this.zoomBy(STEP), "=": () => this.zoomBy(STEP), "-": () => this.zoomBy(1 / STEP),
      0: () => this.fit(), 1: () => this.oneToOne(),
      ArrowLeft: () => this.panBy(KEY_PAN, 0), ArrowRight: () => this.panBy(-KEY_PAN, 0),
      ArrowUp: () => this.panBy(0, KEY_PAN), ArrowDown: () => this.panBy(0, -KEY_PAN),
    };
    if (!(event.key in keys)) return;
    event.preventDefault();
    keys[event.key]();
  }
}
