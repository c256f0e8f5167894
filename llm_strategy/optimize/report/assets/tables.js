// What was spent of what, what is missing, what was made up, and what it was set up with.

const tableOf = (heads, rows) => {
  const draw = (row) => el("tr", { role: "row" }, row.map((cell, place) => el(place ? "td" : "th", { role: place ? "cell" : "rowheader", scope: place ? null : "row", "data-name": heads[place], class: typeof cell === "number" ? "number" : "words" }, cell instanceof Node ? cell : typeof cell === "number" ? figure(cell) : longText(String(cell ?? "–")))));
  const body = el("tbody", { role: "rowgroup" });
  const more = button("", () => grow(), { class: "more" });
  let shown = 0;
  const grow = () => {
    const size = shown ? 100 : 15;
    fill(body, rows.slice(shown, shown + size).map(draw));
    shown = Math.min(rows.length, shown + size);
    more.hidden = shown >= rows.length;
    refill(more, `Show ${Math.min(100, rows.length - shown)} more of ${rows.length - shown}`);
  };
  grow();
  return el("div", {}, el("div", { class: "scroll" }, el("table", { class: "grid wide-table", role: "table" }, el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, heads.map((name) => el("th", { scope: "col", role: "columnheader" }, name)))), body)), more);
};

// A bar for each thing that is spent: both lines of the books, against the limit where there is one.
const budgetBars = () => {
  const rows = raw.budget.map(([name, task, optimizer, limit, words]) => {
    const whole = (task ?? 0) + (optimizer ?? 0);
    const most = limit ?? whole;
    const width = (part) => `${most ? Math.min(100, (100 * (part ?? 0)) / most).toFixed(2) : 0}%`;
    const over = limit !== null && whole >= limit * 0.999;
    return el("div", { class: "spent" }, el("div", { class: "spent-name" }, name), el("div", { class: `spent-bar ${limit === null ? "open" : ""}`, "aria-hidden": "true" }, el("i", { class: "of-task", style: { width: width(task) } }), el("i", { class: "of-optimizer", style: { width: width(optimizer) } })), el("div", { class: "spent-words" }, words, over ? el("span", { class: "badge warn" }, "used up") : null));
  });
  const legend = el("div", { class: "legend" }, el("span", {}, el("span", { class: "sign of-task", "aria-hidden": "true" }), "task model"), el("span", {}, el("span", { class: "sign of-optimizer", "aria-hidden": "true" }), "optimizer model"));
  return el("div", {}, el("div", { class: "bar-above" }, el("span", { class: "hint" }, "Bars without a limit show the shares of both models."), legend), rows);
};

const missingTable = () => (raw.missing.length ? tableOf(["Missing hyperparameter", "Asked for", "Weight", "In the words of the runs"], raw.missing.map(([name, many, weight, examples]) => [name, many, weight, el("div", {}, examples.length ? growing(examples, 2, (one) => longText(one), "more") : "–")])) : null);

const syntheticTable = () => (raw.synthetic.length ? tableOf(["Case", "What the task is called with", "Why", "Score"], raw.synthetic.map(([id, parameters, why, value]) => [id, el("div", {}, longText(pretty(parameters), "div", "mono said")), why, value ?? "–"])) : null);

const setupTable = () => tableOf(["What", "As it was"], raw.setup);
