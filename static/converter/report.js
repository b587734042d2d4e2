// Charts of conversions; dashboard.js draws them, traffic.js has the axis of days.
"use strict";

const HUES = { refused: "warn", failed: "bad", "not asked": "quiet", general: "accent", plain: "quiet" };
const grouped = (records) => stacked(records, "group", (name) => HUES[name] ?? `type-${name}`);

function spread(records, names, yaxis) {
  return {
    data: [line(records, "day", "median", names[0], "accent"), line(records, "day", "other", names[1], "type-gradient")],
    layout: { xaxis: days(records), yaxis },
  };
}

Object.assign(CHARTS, {
  "conversion-types": grouped,
  "conversion-presets": grouped,
  "conversion-failures": grouped,
  "conversion-corrections": grouped,
  "conversion-fidelity": (records) => spread(records, ["half reach", "95% reach"], PERCENT),
  "conversion-times": (records) => {
    const seconds = records.map((r) => ({ day: r.day, median: r.median / 1000, other: r.other / 1000 }));
    return spread(seconds, ["median", "95%"], { rangemode: "tozero", ticksuffix: " s" });
  },
});
