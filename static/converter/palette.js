// The colours of a drawing, each with its share: changed by a click, or merged into another.

// As the server shows shares: nothing that is there is 0%, and nothing that is missed 100%.
function percent(share) {
  const whole = Math.round(share * 100);
  if (whole === 0 && share > 0) return "<1%";
  return whole === 100 && share < 1 ? ">99%" : `${whole}%`;
}

export const counted = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;

export class Palette {
  constructor(form, change) {
    const [list, none, count] = ["swatches", "no-swatches", "colour-count"].map((name) => form.querySelector(`[data-${name}]`));
    Object.assign(this, { list, none, count, change });
  }

  show(swatches) {
    this.none.hidden = swatches.length > 0;
    const flat = swatches.filter((swatch) => swatch.flat).length, rest = swatches.length - flat;
    this.count.hidden = !swatches.length;
    this.count.textContent = `${counted(flat, "flat colour")}${rest ? `, and ${rest} in gradients only` : ""}.`;
    this.list.replaceChildren(...swatches.map((swatch) => this.row(swatch, swatches)));
  }

  row({ colour, share, flat }, all) {
    const row = document.createElement("li");
    const input = Object.assign(document.createElement("input"), { type: "color", value: colour, title: "Replace this colour" });
    input.setAttribute("aria-label", `Change ${colour}`);
    input.addEventListener("change", () => this.change([`${colour}:${input.value}`]));
    const name = document.createElement("span");
    name.append(Object.assign(document.createElement("code"), { textContent: colour }));
    if (!flat) name.append(Object.assign(document.createElement("span"), { className: "quiet small", textContent: "gradient" }));
    const part = Object.assign(document.createElement("span"), { className: "number", textContent: percent(share) });
    row.append(input, name, part);
    if (all.length > 1) row.append(this.merging(colour, all));
    return row;
  }

  merging(colour, all) {
    const select = document.createElement("select");
    select.setAttribute("aria-label", `Merge ${colour} into`);
    select.append(new Option("Merge…", ""));
    for (const other of all) {
      if (other.colour !== colour) select.append(new Option(other.colour, other.colour));
    }
    select.addEventListener("change", () => select.value && this.change([`${colour}:${select.value}`]));
    return select;
  }
}
