// Parallel coordinates: a line for each run, an axis for each hyperparameter and each outcome.

const PLOT = { height: 300, top: 44, bottom: 40, unknown: 24, side: 56, least: 92 };

class Runs {
  constructor(pick) {
    this.pick = pick;
    this.axes = data.runs.axes.map((axis) => ({ ...axis, scale: scaleOf(axis), range: null, absent: axis.outcome ? "unknown" : "not set" }));
    this.shown = this.axes.filter((axis) => axis.drawn);
    this.lines = data.runs.lines.map(([trace, span, label], at) => ({ at, trace, span, label: data.runs.unit === "run" ? `${trace + 1}. ${label}` : `${at + 1}. ${shortName(label)}` }));
    const measured = this.shown.filter((axis) => axis.kind === "number");
    this.tinted = measured.find((axis) => axis.outcome) ?? measured[0] ?? null;
    this.plot = el("div", { class: "plot" });
    this.status = el("span", { class: "hint", role: "status" });
    this.table = el("div", {});
    this.clear = button("Clear selection", () => this.setRange(null, null), { hidden: true });
    this.node = el("div", {}, el("div", { class: "bar-above" }, el("div", { class: "tools" }, this.chooser(measured), this.clear), this.status), this.plot, folding(`Table of ${data.runs.unit}s`, () => this.table, { kind: "plain" }));
    this.drawTable();
    onResize(this.plot, () => this.width !== this.plot.clientWidth && this.draw());
  }

  chooser(measured) {
    if (measured.length < 2) return null;
    const list = el("select", { onchange: () => {
      this.tinted = measured[Number(list.value)];
      this.draw();
    } }, measured.map((axis, place) => el("option", { value: place, selected: axis === this.tinted }, oneLine(axis.name, 60))));
    return el("label", {}, "Colour by ", list);
  }

  x(place) {
    return PLOT.side + (this.shown.length < 2 ? 0 : (place * (this.wide - 2 * PLOT.side)) / (this.shown.length - 1));
  }

  y(share) {
    return share === null ? PLOT.height - PLOT.bottom + PLOT.unknown : PLOT.height - PLOT.bottom - share * (PLOT.height - PLOT.top - PLOT.bottom);
  }

  passes(line) {
    return this.axes.every(({ range, scale, values }) => {
      const share = range && scale.at(values[line.at]);
      return !range || (share !== null && share >= range[0] - 1e-9 && share <= range[1] + 1e-9);
    });
  }

  draw() {
    this.width = this.plot.clientWidth;
    this.wide = Math.max(this.width, this.shown.length * PLOT.least);
    this.svg = el("svg:svg", { width: this.wide, height: PLOT.height, role: "group", "aria-label": `${plural(this.lines.length, data.runs.unit)} over ${this.shown.length} axes; the table below holds ${this.shown.length < this.axes.length ? "more" : "the same values"}` });
    this.drawn = this.lines.map((line) => {
      const points = this.shown.map((axis, place) => `${this.x(place)},${this.y(axis.scale.at(axis.values[line.at]))}`).join(" ");
      const share = this.tinted ? this.tinted.scale.at(this.tinted.values[line.at]) : null;
      return el("svg:g", { class: "line", "data-line": line.at }, el("svg:polyline", { points, class: "hit" }), el("svg:polyline", { points, class: "ink", stroke: share === null ? "gray" : colourAt(share) }));
    });
    this.svg.append(...this.drawn, ...this.shown.map((axis, place) => this.axis(axis, place)));
    this.svg.addEventListener("pointermove", (event) => this.hover(event));
    this.svg.addEventListener("pointerleave", () => this.hover(null));
    this.svg.addEventListener("click", (event) => {
      const found = event.target.closest("[data-line]");
      if (found) this.choose(this.lines[Number(found.dataset.line)]);
    });
    this.plot.replaceChildren(this.svg);
    this.sift();
    this.mark();
  }

  axis(axis, place) {
    const [x, top, bottom] = [this.x(place), this.y(1), this.y(0)];
    const fits = Math.max(8, Math.floor(this.wide / this.shown.length / 7));
    const label = oneLine(axis.name, fits);
    const unknown = axis.values.some((value) => value === null);
    axis.brush = el("svg:rect", { class: "brush", x: x - 9, width: 18, rx: 3 });
    const group = el(
      "svg:g",
      { class: `axis ${axis.outcome ? "outcome" : ""}`, tabindex: "0", role: "group", "aria-label": `Axis ${axis.name}. Up and down move the selection, with Shift they widen and narrow it, Escape clears it.` },
      el("svg:line", { x1: x, x2: x, y1: top, y2: bottom }),
      el("svg:text", { x, y: 18, class: "axis-name", "text-anchor": "middle" }, el("svg:title", {}, axis.of ? `${axis.name} of ${axis.of}` : axis.name), label),
      el("svg:text", { x, y: 32, class: "axis-kind", "text-anchor": "middle" }, axis.scale.logarithmic ? "logarithmic" : axis.outcome ? "outcome" : ""),
      axis.scale.ticks.map(([share, tick]) => el("svg:text", { x: x + 7, y: this.y(share) + 4, class: "tick" }, oneLine(String(tick), 12))),
      unknown ? el("svg:text", { x: x + 7, y: this.y(null) + 4, class: "tick" }, axis.absent) : null,
      axis.brush,
      el("svg:rect", { class: "grip", x: x - 14, y: top - 8, width: 28, height: bottom - top + 16 }),
    );
    this.brushing(group, axis);
    return group;
  }

  brushing(group, axis) {
    const grip = group.querySelector(".grip");
    const shareOf = (event) => {
      const { top } = this.svg.getBoundingClientRect();
      return Math.max(0, Math.min(1, (this.y(0) - (event.clientY - top)) / (this.y(0) - this.y(1))));
    };
    let start = null;
    grip.addEventListener("pointerdown", (event) => {
      start = shareOf(event);
      grip.setPointerCapture(event.pointerId);
      event.preventDefault();
      group.focus();
    });
    grip.addEventListener("pointermove", (event) => start !== null && this.setRange(axis, [start, shareOf(event)].sort((a, b) => a - b)));
    grip.addEventListener("pointerup", (event) => {
      if (start !== null && Math.abs(shareOf(event) - start) < 0.015) this.setRange(axis, null);
      start = null;
    });
    group.addEventListener("keydown", (event) => this.key(event, axis));
  }

  key(event, axis) {
    const step = { ArrowUp: 0.05, ArrowDown: -0.05 }[event.key];
    if (event.key === "Escape") this.setRange(axis, null);
    else if (step) {
      const [low, high] = axis.range ?? (event.shiftKey ? [0, 1] : [0, 0.25]);
      const next = event.shiftKey ? [low, high + step] : [low + step, high + step];
      if (!axis.range) this.setRange(axis, [low, high]);
      else if (next[0] >= -1e-9 && next[1] <= 1 + 1e-9 && next[1] > next[0]) this.setRange(axis, next);
    } else return;
    event.preventDefault();
  }

  setRange(axis, range) {
    if (axis) axis.range = range;
    else for (const one of this.axes) one.range = null;
    this.sift();
  }

  sift() {
    const passing = this.lines.map((line) => this.passes(line));
    this.drawn?.forEach((line, at) => line.classList.toggle("off", !passing[at]));
    for (const { brush, range } of this.drawn ? this.shown : []) {
      brush.setAttribute("y", range ? this.y(range[1]) : 0);
      brush.setAttribute("height", range ? this.y(range[0]) - this.y(range[1]) : 0);
    }
    for (const row of this.table.querySelectorAll("[data-line]")) row.hidden = !passing[Number(row.dataset.line)];
    const chosen = passing.filter(Boolean).length;
    this.clear.hidden = !this.axes.some((axis) => axis.range);
    refill(this.status, this.clear.hidden ? `${plural(this.lines.length, data.runs.unit)}; drag along an axis to keep those in a range` : `${chosen} of ${plural(this.lines.length, data.runs.unit)} kept`);
  }

  hover(event) {
    const found = event && event.target.closest("[data-line]");
    for (const line of this.svg.querySelectorAll(".hot")) if (line !== found) line.classList.remove("hot");
    if (!found) return tip.hide();
    found.classList.add("hot");
    const line = this.lines[Number(found.dataset.line)];
    return tip.show([el("div", { class: "tip-title" }, line.label), facts(this.shown.map((axis) => [axis.name, axis.values[line.at] === null ? axis.absent : oneLine(figure(axis.values[line.at]), 60)]))], event.clientX, event.clientY);
  }

  // The line of the run that is shown stands out.
  mark() {
    if (data.runs.unit === "run") this.drawn?.forEach((line, at) => line.classList.toggle("current", this.lines[at].trace === view.trace.number));
  }

  choose(line) {
    tip.hide();
    if (data.runs.unit === "run") {
      this.pick(line.trace);
      window.scrollTo(0, 0);
    } else select(line.span, "runs");
  }

  drawTable(sorted = null, down = false) {
    const lines = [...this.lines];
    const value = (line) => sorted.values[line.at];
    if (sorted) lines.sort((a, b) => (value(a) === null) - (value(b) === null) || (value(a) < value(b) ? -1 : value(a) > value(b) ? 1 : a.at - b.at) * (down ? -1 : 1));
    const head = (axis) => el("th", { scope: "col", "aria-sort": axis === sorted ? (down ? "descending" : "ascending") : "none" }, button([axis.name, axis === sorted ? (down ? " ↓" : " ↑") : ""], () => this.drawTable(axis, axis === sorted ? !down : axis.outcome), { class: "link" }));
    const row = (line) => el("tr", { "data-line": line.at }, el("th", { scope: "row" }, button(line.label, () => this.choose(line), { class: "link" })), this.axes.map((axis) => el("td", { class: axis.kind, title: axis.texts?.[axis.values[line.at]] }, axis.values[line.at] === null ? axis.absent : oneLine(figure(axis.values[line.at]), 60))));
    refill(this.table, el("div", { class: "scroll" }, el("table", { class: "grid" }, el("thead", {}, el("tr", {}, el("th", { scope: "col" }, data.runs.unit === "run" ? "Run" : "Call"), this.axes.map(head))), el("tbody", {}, lines.map(row)))));
    this.sift();
  }
}
