// Charts of live traffic; dashboard.js draws them.
"use strict";

const BY_DAY = { type: "date", tickformat: "%-d %b", dtick: 864e5 };

function stacked(records, group, hue) {
  const names = [...new Set(column(records, group))];
  return {
    data: names.map((name) => {
      const rows = records.filter((r) => r[group] === name);
      return { type: "bar", name, width: 0.7 * 864e5, x: column(rows, "day"), y: column(rows, "count"), marker: { color: colour(hue(name)) } };
    }),
    layout: { barmode: "stack", xaxis: days(records), yaxis: { rangemode: "tozero" } },
  };
}

// A bar is as wide as a day: without a range one day would fill the chart.
function days(records) {
  const last = Math.max(...records.map((r) => Date.parse(r.day)));
  const first = Math.min(last - 6 * 864e5, ...records.map((r) => Date.parse(r.day)));
  const tick = last - first > 10 * 864e5 ? 7 * 864e5 : 864e5;
  return { ...BY_DAY, dtick: tick, range: [first - 432e5, last + 432e5] };
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
