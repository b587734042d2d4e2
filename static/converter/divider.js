// A divider between the original on its left and the drawing on its right: dragged, or by keys.

export class Divider {
  constructor(element, stage, draw) {
    Object.assign(this, { element, stage, draw, share: 0.5 });
    element.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      event.stopPropagation();
      event.preventDefault();
      element.setPointerCapture(event.pointerId);
      element.focus({ preventScroll: true });
    });
    element.addEventListener("pointermove", (event) => {
      if (!element.hasPointerCapture(event.pointerId)) return;
      const box = stage.getBoundingClientRect();
      this.move((event.clientX - box.left) / box.width);
    });
    element.addEventListener("keydown", (event) => {
      const steps = { ArrowLeft: -0.02, ArrowRight: 0.02, PageDown: -0.1, PageUp: 0.1 };
      const ends = { Home: 0, End: 1 };
      if (event.key in steps) this.move(this.share + steps[event.key]);
      else if (event.key in ends) this.move(ends[event.key]);
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
  }

  move(share) {
    this.share = Math.min(1, Math.max(0, share));
    const percent = Math.round(this.share * 100);
    this.element.setAttribute("aria-valuenow", percent);
    this.element.setAttribute("aria-valuetext", `${percent}% from the left`);
    this.draw(this.share);
  }
}
