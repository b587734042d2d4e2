// Charts from the numbers that a page links.
"use strict";

const TYPES = ["simple", "text", "gradient", "complex"];
// As many digits as neighbouring ticks differ in, and never beyond what a share can be.
const PERCENT = { tickformat: ".3~%", autorangeoptions: { clipmin: 0, clipmax: 1 } };

// Whole epochs only, each of them where there are few.
const epochAxis = (most) => ({ title: { text: "epoch" }, dtick: most > 20 ? undefined : 1, tickformat: "d" });

// Ticks at 1, 2 and 5 of each power of ten, or at the powers alone where there are many of them.
function logAxis(values) {
  const powers = values.filter((value) => value > 0).map(Math.log10);
  const first = Math.floor(Math.min(...powers)), last = Math.ceil(Math.max(...powers));
  const ticks = [];
  for (let power = first; power <= last; power += 1) {
    for (const step of last - first > 2 ? [1] : [1, 2, 5]) ticks.push(Number(`${step}e${power}`));
  }
  const text = (tick) => (tick < 0.001 ? tick.toExponential(0) : String(tick));
  return { type: "log", tickvals: ticks, ticktext: ticks.map(text) };
}

// Custom properties hold light-dark() as text; only a real colour is computed.
function colour(name) {
  const probe = document.createElement("span");
  probe.style.color = `var(--${name})`;
  document.body.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}

const column = (records, name) => records.map((record) => record[name]);

function line(records, x, y, name, hue, extra = {}) {
  return {
    x: column(records, x), y: column(records, y), name, mode: "lines+markers", cliponaxis: false,
    line: { color: colour(hue), width: 2 }, marker: { size: 5 }, ...extra,
  };
}

// A band for every second stage, with the stage's name at its top.
function stages(records) {
  const shapes = [], annotations = [];
  let start = 0;
  records.forEach((record, i) => {
    const last = i === records.length - 1;
    if (!last && records[i + 1].stage === record.stage) return;
    const from = records[start].epoch - 0.5, to = record.epoch + 0.5;
    if (annotations.length % 2) {
      shapes.push({ type: "rect", xref: "x", yref: "paper", x0: from, x1: to, y0: 0, y1: 1, fillcolor: colour("line"), opacity: 0.35, line: { width: 0 }, layer: "below" });
    }
    annotations.push({ x: (from + to) / 2, y: 1, xref: "x", yref: "paper", yanchor: "bottom", text: record.stage, showarrow: false, font: { size: 11, color: colour("quiet") } });
    start = i + 1;
  });
  return { shapes, annotations };
}

function epochs(records, train, validation, yaxis) {
  return {
    data: [
      line(records, "epoch", train, "training", "quiet"),
      line(records, "epoch", validation, "validation", "accent"),
    ],
    layout: { ...stages(records), xaxis: epochAxis(records.length), yaxis },
  };
}

function intervals(records) {
  return {
    type: "data", symmetric: false, color: colour("ink"), thickness: 1.2, width: 5,
    array: records.map((r) => (r.high === null ? 0 : r.high - r.accuracy)),
    arrayminus: records.map((r) => (r.low === null ? 0 : r.accuracy - r.low)),
  };
}

const diagonal = (slope) => ({
  type: "line", x0: 0, x1: 1, y0: slope ? 0 : 0.8, y1: slope ? 1 : 0.8, xref: slope ? "x" : "paper",
  line: { dash: "dot", width: 1.5, color: colour("quiet") },
});

const CHARTS = {
  loss: (records) => epochs(records, "train_loss", "val_loss", { rangemode: "tozero" }),
  accuracy: (records) => epochs(records, "train_accuracy", "val_accuracy", PERCENT),
  "learning-rate": (records) => ({
    data: [
      line(records, "epoch", "learning_rate", "head", "accent"),
      line(records.filter((r) => r.backbone_learning_rate > 0), "epoch", "backbone_learning_rate", "backbone", "type-gradient"),
    ],
    layout: {
      yaxis: logAxis([...column(records, "learning_rate"), ...column(records, "backbone_learning_rate")]),
      xaxis: epochAxis(records.length),
    },
  }),
  rates: (records) => ({
    data: [line(records, "rate", "loss", "smoothed loss", "accent", { mode: "lines", hovertemplate: "rate %{x:.2g}: loss %{y:.3f}<extra></extra>" })],
    layout: { showlegend: false, xaxis: { ...logAxis(column(records, "rate")), title: { text: "learning rate of the head" } }, yaxis: { title: { text: "loss" } } },
  }),
  classes: (records) => ({
    data: [{
      type: "bar", x: column(records, "class"), y: column(records, "accuracy"), error_y: intervals(records),
      marker: { color: records.map((r) => colour(`type-${r.class}`)) }, hovertemplate: "%{x}: %{y:.1%}<extra></extra>",
    }],
    layout: { yaxis: { ...PERCENT, range: [0, 1.04] }, shapes: [diagonal(false)], showlegend: false },
  }),
  reliability: (records) => {
    const filled = records.filter((r) => r.count), most = Math.max(...column(filled, "count"));
    return {
      data: [{
        x: column(filled, "confidence"), y: column(filled, "accuracy"), mode: "lines+markers",
        line: { color: colour("accent"), width: 1.5 }, customdata: column(filled, "count"),
        marker: { color: colour("accent"), size: filled.map((r) => 6 + 16 * Math.sqrt(r.count / most)) },
        hovertemplate: "confidence %{x:.1%}, right %{y:.1%}, %{customdata} images<extra></extra>",
      }],
      layout: {
        shapes: [diagonal(true)], showlegend: false,
        xaxis: { ...PERCENT, range: [0.2, 1.04], title: { text: "confidence" } },
        yaxis: { ...PERCENT, range: [0, 1.06], title: { text: "right answers" } },
      },
    };
  },
  confidences: (records) => ({
    data: [["right", "good"], ["wrong", "bad"]].map(([name, hue]) => ({
      type: "bar", name, x: records.map((r) => (r.low + r.high) / 2), y: column(records, name), marker: { color: colour(hue) },
      customdata: records.map((r) => [r.low, r.high]), hovertemplate: `%{y} ${name}, confidence %{customdata[0]:.0%} to %{customdata[1]:.0%}<extra></extra>`,
    })),
    layout: { barmode: "stack", bargap: 0.05, xaxis: { ...PERCENT, range: [0.2, 1.02], title: { text: "confidence" } }, yaxis: { title: { text: "images" } } },
  }),
  coverage: (records) => ({
    data: [line(records, "coverage", "accuracy", "accuracy", "accent", {
      customdata: column(records, "confidence"),
      hovertemplate: "the surest %{x:.0%}: %{y:.1%} right, confidence from %{customdata:.1%}<extra></extra>",
    })],
    layout: {
      showlegend: false, xaxis: { ...PERCENT, range: [0, 1.02], title: { text: "share answered" } },
      yaxis: { ...PERCENT, title: { text: "right answers" } },
    },
  }),
  // Every trial's accuracy, and the best one so far.
  history: (records) => {
    const dots = (status, name, hue, symbol) => {
      const rows = records.filter((r) => r.status === status);
      return {
        x: column(rows, "number"), y: column(rows, "value"), name, mode: "markers", cliponaxis: false,
        marker: { size: 9, symbol, color: colour(hue) }, hovertemplate: "trial %{x}: %{y:.1%}<extra></extra>",
      };
    };
    const complete = records.filter((r) => r.status === "complete");
    let best = 0;
    const bests = complete.map((r) => (best = Math.max(best, r.value)));
    return {
      data: [
        { x: column(complete, "number"), y: bests, name: "best so far", mode: "lines", line: { color: colour("good"), width: 2, shape: "hv" } },
        dots("complete", "complete", "accent", "circle"), dots("pruned", "pruned", "quiet", "x-thin-open"),
      ],
      layout: { xaxis: { title: { text: "trial" }, dtick: records.length > 20 ? undefined : 1 }, yaxis: PERCENT },
    };
  },
  importances: (records) => {
    const rows = [...records].reverse();
    return {
      data: [{
        type: "bar", orientation: "h", x: column(rows, "importance"), y: rows.map((r) => r.setting.replaceAll("_", " ")),
        marker: { color: colour("accent") }, hovertemplate: "%{y}: %{x:.0%}<extra></extra>",
      }],
      layout: { showlegend: false, xaxis: { ...PERCENT, rangemode: "tozero" } },
    };
  },
  counts: (records) => {
    const split = { train: 1, val: 0.65, test: 0.35 };
    return {
      data: Object.keys(split).map((name) => {
        const rows = records.filter((r) => r.split === name && TYPES.includes(r.class));
        return { type: "bar", name, x: column(rows, "class"), y: column(rows, "count"), marker: { color: rows.map((r) => colour(`type-${r.class}`)), opacity: split[name] } };
      }),
      layout: { barmode: "stack", showlegend: false },
    };
  },
  versions: (records) => ({
    data: [{
      x: column(records, "version"), y: column(records, "accuracy"), error_y: intervals(records), mode: "markers", cliponaxis: false,
      marker: { size: 10, color: records.map((r) => colour(r.stage === "production" ? "good" : "accent")) },
      text: column(records, "dataset"), hovertemplate: "%{x}: %{y:.1%} on %{text}<extra></extra>",
    }],
    layout: { showlegend: false, xaxis: { type: "category" }, yaxis: PERCENT },
  }),
};

function axis(given = {}) {
  return {
    automargin: true, gridcolor: colour("line"), linecolor: colour("line"), zerolinecolor: colour("line"), ...given,
    title: given.title && { ...given.title, standoff: 8 },
  };
}

async function load(source) {
  const answer = await fetch(source, { headers: { Accept: "application/json" } });
  return answer.ok ? answer.json() : null;
}

async function draw(element) {
  const { records: given, source } = element.dataset; // a report carries its numbers
  const answer = given ? JSON.parse(given) : await load(source);
  const records = answer ?? [];
  if (!records.length) {
    element.textContent = answer ? "No numbers yet." : "The numbers could not be loaded.";
    element.classList.add("empty");
    return;
  }
  if (element.classList.contains("empty")) {
    element.textContent = "";
    element.classList.remove("empty");
  }
  plot(element, CHARTS[element.dataset.chart](records));
}

function plot(element, { data, layout }) {
  Plotly.react(element, data, {
    margin: { l: 48, r: 12, t: 24, b: 40 }, paper_bgcolor: "transparent", plot_bgcolor: "transparent",
    font: { family: "system-ui, sans-serif", size: 13, color: colour("ink") }, hovermode: "closest",
    legend: { orientation: "h", y: 1.08, x: 1, xanchor: "right", yanchor: "bottom" },
    ...layout, xaxis: axis(layout.xaxis), yaxis: axis(layout.yaxis),
  }, { responsive: true, displaylogo: false, displayModeBar: false });
}

// One curve per run, from the numbers that the page links.
async function overlay(element) {
  const hues = ["accent", "type-gradient", "type-text", "type-complex", "good", "bad"];
  const runs = [...document.querySelectorAll("[data-run]")];
  const all = await Promise.all(runs.map((run) => load(run.dataset.source)));
  const name = element.dataset.overlay;
  plot(element, {
    data: runs.map((run, i) => line(all[i] ?? [], "epoch", name, run.dataset.run, hues[i])),
    layout: { xaxis: epochAxis(Math.max(...all.map((records) => records?.length ?? 0))), yaxis: name.endsWith("accuracy") ? PERCENT : { rangemode: "tozero" } },
  });
}

function drawAll() {
  document.querySelectorAll("[data-chart]").forEach(draw);
  document.querySelectorAll("[data-overlay]").forEach(overlay);
}

// A run's page fetches its state again and again: draw anew when an epoch was added.
let seenEpochs = null;
function onState() {
  const state = document.getElementById("state");
  if (!state || state.dataset.epochs === seenEpochs) return;
  if (seenEpochs !== null) drawAll();
  seenEpochs = state.dataset.epochs;
}

document.addEventListener("DOMContentLoaded", () => {
  document.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  drawAll();
  onState();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  document.body.addEventListener("htmx:afterSettle", onState);
});
