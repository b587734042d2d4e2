// A drawing's outlines and nodes, from its SVG text. Shown over the original, as thin at any zoom.

const SVG = "http://www.w3.org/2000/svg";
const SHAPES = "path, circle, ellipse, rect, polygon, polyline, line";
const NUMBERS = { m: 2, l: 2, h: 1, v: 1, c: 6, s: 4, q: 4, t: 2, a: 7, z: 0 };
const TOKEN = /([a-z])|(-?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)/gi;

// Yield each command of path data with its numbers; a repeated command has no letter of its own.
function* commands(data) {
  const tokens = [...data.matchAll(TOKEN)];
  let command = "";
  for (let i = 0; i < tokens.length; ) {
    if (tokens[i][1]) command = tokens[i++][1];
    const count = NUMBERS[command.toLowerCase()];
    if (count === undefined) return;
    yield [command, tokens.slice(i, i + count).map((token) => Number(token[0]))];
    i += count;
    if (command === "m") command = "l";
    if (command === "M") command = "L";
    if (!count && i < tokens.length && !tokens[i][1]) return;
  }
}

// The nodes of path data: where its pieces begin and end, [x, y] each.
export function nodesOf(data) {
  const nodes = [];
  let at = [0, 0], start = at;
  for (const [command, numbers] of commands(data)) {
    const kind = command.toLowerCase(), relative = kind === command;
    const from = relative ? at : [0, 0];
    if (kind === "z") {
      // The end of an outline that meets its start is the same node.
      const last = nodes.at(-1);
      if (last && last !== start && Math.hypot(last[0] - start[0], last[1] - start[1]) < 1e-6) nodes.pop();
      at = start;
      continue;
    }
    if (kind === "h") at = [from[0] + numbers[0], at[1]];
    else if (kind === "v") at = [at[0], from[1] + numbers[0]];
    else at = [from[0] + numbers.at(-2), from[1] + numbers.at(-1)];
    if (kind === "m") start = at;
    nodes.push(at);
  }
  return nodes;
}

function make(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

// A shape without its paint; a circle's line as the two circles that bound it.
function bare(shape) {
  const line = make(shape.localName, {});
  for (const { name, value } of shape.attributes) {
    if (!/^(fill|stroke|opacity|id|class|style)/.test(name)) line.setAttribute(name, value);
  }
  const width = Number(shape.getAttribute("stroke-width") ?? 1);
  if (shape.localName !== "circle" || shape.getAttribute("fill") !== "none") return [line];
  return [1, -1].map((side) => {
    const circle = line.cloneNode();
    circle.setAttribute("r", Math.max(0, Number(shape.getAttribute("r")) + (side * width) / 2));
    return circle;
  });
}

// What a drawing consists of: its shapes as thin lines, its nodes as dots, and how many there are.
export function outlineOf(text) {
  const root = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
  const overlay = make("svg", { viewBox: root.getAttribute("viewBox") ?? "0 0 1 1", preserveAspectRatio: "none", "aria-hidden": "true" });
  const lines = make("g", { class: "lines" });
  const dots = [];
  const counts = { paths: 0, shapes: 0, nodes: 0 };
  for (const shape of root.querySelectorAll(SHAPES)) {
    if (shape.closest("defs")) continue;
    lines.append(...bare(shape));
    if (shape.localName !== "path") { counts.shapes += 1; continue; }
    counts.paths += 1;
    for (const [x, y] of nodesOf(shape.getAttribute("d") ?? "")) {
      counts.nodes += 1;
      dots.push(`M${x} ${y}h0`);
    }
  }
  overlay.append(lines, make("path", { class: "nodes", d: dots.join("") }));
  return { overlay, counts };
}
