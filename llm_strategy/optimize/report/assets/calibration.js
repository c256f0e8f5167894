// Told probabilities of improvement against how often there was one. On the diagonal they mean what they say.

const SIDE = 260;
const AROUND = { left: 42, right: 24, top: 12, foot: 34 };

const calibrationPlot = () => {
  const { brier, rows } = raw.calibration;
  if (brier === null && !rows.length) return null;
  const x = (share) => AROUND.left + share * (SIDE - AROUND.left - AROUND.right);
  const y = (share) => SIDE - AROUND.foot - share * (SIDE - AROUND.foot - AROUND.top);
  const most = rows.reduce((sum, row) => Math.max(sum, row[4]), 1);
  const marks = [0, 0.5, 1];
  const plot = el(
    "svg:svg",
    { width: SIDE, height: SIDE, role: "img", "aria-label": "Told probability of improvement, against how often there was one; the table beside it holds the same" },
    marks.map((one) => [el("svg:line", { class: "rule", x1: x(0), x2: x(1), y1: y(one), y2: y(one) }), el("svg:text", { class: "tick", x: x(0) - 6, y: y(one) + 4, "text-anchor": "end" }, `${one * 100} %`), el("svg:text", { class: "tick", x: x(one), y: SIDE - 18, "text-anchor": "middle" }, `${one * 100} %`)]),
    el("svg:text", { class: "tick", x: x(0.5), y: SIDE - 4, "text-anchor": "middle" }, "told"),
    el("svg:line", { class: "diagonal", x1: x(0), x2: x(1), y1: y(0), y2: y(1) }),
    el("svg:polyline", { class: "best-line", points: rows.map((row) => [x(row[2]), y(row[3])]).join(" ") }),
    rows.map((row) => el("svg:circle", { class: "p-pool", cx: x(row[2]), cy: y(row[3]), r: 3 + 5 * Math.sqrt(row[4] / most) })),
  );
  const percent = (share) => `${Math.round(100 * share)} %`;
  const words = el("p", { class: "hint" }, brier === null ? "" : `Brier score ${score(brier)}: 0 is perfect, 0.25 is a coin. `, rows.length ? "" : "The single probabilities are not in this report.");
  const table = rows.length ? el("table", { class: "grid reliability" }, el("thead", {}, el("tr", {}, ["Told", "On average", "Happened", "How often told"].map((name) => el("th", { scope: "col" }, name)))), el("tbody", {}, rows.map(([low, high, told, happened, many]) => el("tr", {}, el("th", { scope: "row" }, `${percent(low)} to ${percent(high)}`), [percent(told), percent(happened), count(many)].map((one) => el("td", { class: "number" }, one)))))) : null;
  return el("div", { class: "calibration" }, rows.length ? el("div", { class: "chart square" }, plot) : null, el("div", {}, words, table));
};
