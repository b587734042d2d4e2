// Charts of live traffic; dashboard.js draws them.
"use strict";

const DAY = 864e5; // milliseconds

function stacked(records, group, hue) {
  const names = [...new Set(column(records, group))];
  return {
    data: names.map((name) => {
      const rows = records.filter((r) => r[group] === name);
      return { type: "bar", name, width: 0.7 * DAY, x: column(rows, "day"), y: column(rows, "count"), marker: { color: colour(hue(name)) } };
    }),
    layout: { barmode: "stack", showlegend: true, xaxis: days(records), yaxis: { rangemode: "tozero", ...wholeSteps(records) } },
  };
}

// Half an answer says nothing: small counts have a tick each.
function wholeSteps(records) {
  const sums = {};
  for (const { day, count } of records) sums[day] = (sums[day] ?? 0) + count;
  return Math.max(...Object.values(sums)) <= 5 ? { dtick: 1 } : {};
}

// A week at least: one day alone would fill the chart.
function days(records) {
  const all = records.map((r) => Date.parse(r.day));
  const last = Math.max(...all), first = Math.min(last - 6 * DAY, ...all);
  return {
    type: "date", tickformat: "%-d %b", tickangle: 0, nticks: 4, ticklabeloverflow: "allow",
    range: [first - DAY / 2, last + DAY / 2],
  };
}

Object.assign(CHARTS, {
  "live-types": (records) => stacked(records, "type", (name) => `type-${name}`),
  "live-methods": (records) => stacked(records, "method", (name) => (name === "neural" ? "accent" : "quiet")),
  "live-latency": (records) => ({
    data: [
      line(records, "day", "p50", "median", "accent"),
      line(records, "day", "p95", "95%", "type-gradient"),
    ],
    layout: { xaxis: days(records), yaxis: { rangemode: "tozero", ticksuffix: " ms" } },
  }),
  "live-shares": (records) => {
    const used = records.filter((r) => r.validation || r.live);
    const bars = (name, hue) => ({
      type: "bar", name, x: column(used, "bin"), y: column(used, name), marker: { color: colour(hue) },
      hovertemplate: "%{x}: %{y:.1%}<extra></extra>",
    });
    return {
      data: [bars("validation", "quiet"), bars("live", "accent")],
      layout: { barmode: "group", yaxis: { ...PERCENT, rangemode: "tozero" }, xaxis: { type: "category" } },
    };
  },
});
