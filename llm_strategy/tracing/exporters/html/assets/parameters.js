// Hyperparameters by function: what was set, and what was used.

const drawParameters = (trace) => {
  if (!trace.parameters.length) return null;
  const groups = new Map();
  for (const [of, name, changed, used] of trace.parameters) {
    if (!groups.has(of)) groups.set(of, []);
    groups.get(of).push([text(name), changed.map(text), used < 0 ? null : text(used)]);
  }
  const values = (all) => (all.length ? growing(all, 5, (one) => (one === "" ? el("span", { class: "faint" }, "(empty)") : longText(one, "div", "mono said")), "values") : el("span", { class: "faint" }, "–"));
  const row = ([name, changed, used]) => el("tr", { class: changed.length ? "changed" : "" }, el("th", { scope: "row" }, name), el("td", {}, values(changed)), el("td", {}, values(used === null ? [] : [used])));
  return el(
    "div",
    { class: "scroll" },
    el(
      "table",
      { class: "grid parameters" },
      el("thead", {}, el("tr", {}, ["Hyperparameter", "Set", "Used"].map((name) => el("th", { scope: "col" }, name)))),
      [...groups].map(([of, rows]) => el("tbody", {}, el("tr", {}, el("th", { scope: "rowgroup", colspan: "3", class: "group" }, text(of))), rows.map(row))),
    ),
  );
};
