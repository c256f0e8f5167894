// Which step touched which file, and how.

const TOUCHES = ["read", "write", "create", "delete", "other"];
const CELL = { wide: 14, high: 22 };

const drawFiles = (trace) => {
  if (!trace.files) return null;
  const { steps, paths, cells } = trace.files;
  const sums = paths.map(() => [0, 0, 0, 0, 0]);
  for (const [, path, counts] of cells) counts.forEach((one, place) => (sums[path][place] += one));
  const told = (counts) => TOUCHES.map((name, place) => (counts[place] ? `${name} ${counts[place]}` : "")).filter(Boolean).join(", ");
  const wide = Math.max(CELL.wide, Math.min(40, Math.floor(520 / steps.length)));
  const svg = el("svg:svg", { width: steps.length * wide + 1, height: paths.length * CELL.high, role: "img", "aria-label": `${plural(cells.length, "access", "accesses")} of ${plural(steps.length, "step")} to ${plural(paths.length, "file")}; the sums stand beside` });
  svg.append(...paths.map((_, path) => el("svg:line", { class: "rule", x1: 0, x2: steps.length * wide, y1: (path + 1) * CELL.high - 0.5, y2: (path + 1) * CELL.high - 0.5 })));
  const most = Math.max(...cells.map(([, , counts]) => counts.reduce((a, b) => a + b)));
  for (const [step, path, counts] of cells) {
    const kind = TOUCHES[counts.findLastIndex((one) => one > 0)];
    const strength = 0.55 + (0.45 * counts.reduce((a, b) => a + b)) / most;
    svg.append(el("svg:rect", { class: `cell t-${kind}`, x: step * wide + 1, y: path * CELL.high + 2, width: wide - 2, height: CELL.high - 5, rx: 2, opacity: strength, "data-step": step, "data-path": path, "data-told": told(counts) }));
  }
  svg.addEventListener("pointermove", (event) => {
    const { step, path, told: what } = event.target.dataset;
    if (step === undefined) return tip.hide();
    const span = trace.spans[steps[Number(step)]];
    return tip.show([el("div", { class: "tip-title" }, text(paths[Number(path)])), facts([["step", `${Number(step) + 1}. ${span.title}`], ["touched", what]]), span.preview ? el("div", { class: "tip-preview" }, span.preview) : null], event.clientX, event.clientY);
  });
  svg.addEventListener("pointerleave", () => tip.hide());
  svg.addEventListener("click", (event) => event.target.dataset.step !== undefined && select(steps[Number(event.target.dataset.step)], "files"));
  const names = el("table", { class: "paths" }, el("tbody", {}, paths.map((path, place) => el("tr", {}, el("th", { scope: "row", title: text(path) }, el("bdi", {}, text(path))), el("td", {}, told(sums[place]))))));
  return [
    el("div", { class: "bar-above" }, el("span", { class: "hint" }, `${plural(steps.length, "step")} from left to right`), el("div", { class: "legend" }, TOUCHES.filter((_, place) => sums.some((one) => one[place])).map((name) => el("span", {}, el("span", { class: `dot t-${name}`, "aria-hidden": "true" }), name)))),
    el("div", { class: "heat" }, names, el("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": "Steps" }, svg)),
  ];
};
