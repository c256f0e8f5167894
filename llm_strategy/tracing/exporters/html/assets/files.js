// Which step touched which file, and how.

const TOUCHES = ["read", "write", "create", "delete", "other"];
const CELL = { wide: 14, high: 22, tall: 38 };
const NARROW = matchMedia("(max-width: 720px)");

const touches = (counts) => TOUCHES.map((name, place) => (counts[place] ? `${name} ${counts[place]}` : "")).filter(Boolean).join(", ");
const total = (counts) => counts.reduce((sum, one) => sum + one, 0);

// A grid of steps and files. One of its cells is the active one: arrow keys and touches move it, a line below tells it.
class Heat {
  constructor(trace) {
    this.trace = trace;
    this.steps = trace.files.steps;
    this.paths = trace.files.paths.map(text);
    this.rows = this.paths.map(() => []);
    for (const [step, path, counts] of trace.files.cells) this.rows[path].push({ step, path, counts });
    this.sums = this.rows.map((row) => TOUCHES.map((_, place) => total(row.map((cell) => cell.counts[place]))));
    this.active = this.rows[0][0];
    this.told = el("p", { class: "heat-told", role: "status" });
    this.scroller = el("div", {
      class: "scroll",
      tabindex: "0",
      role: "grid",
      "aria-label": this.label(),
      "aria-rowcount": this.paths.length,
      "aria-colcount": this.steps.length,
      onkeydown: (event) => this.key(event),
    });
    this.names = el("div", {});
    this.node = el("div", {}, this.legend(), el("div", { class: "heat" }, this.names, this.scroller), this.told);
    NARROW.onchange = () => this.draw();
    this.draw();
    this.tell();
  }

  label() {
    return `Accesses of ${plural(this.steps.length, "step")} to ${plural(this.paths.length, "file")}. Arrow keys move from one to the next, Enter shows the step.`;
  }

  legend() {
    const used = TOUCHES.filter((_, place) => this.sums.some((one) => one[place]));
    return el("div", { class: "bar-above" }, el("span", { class: "hint" }, `${plural(this.steps.length, "step")} from left to right; a touch or an arrow key tells of an access`), el("div", { class: "legend" }, used.map((name) => el("span", {}, el("span", { class: `dot t-${name}`, "aria-hidden": "true" }), name))));
  }

  draw() {
    this.high = NARROW.matches ? CELL.tall : CELL.high;
    this.wide = this.column();
    refill(this.names, el("table", { class: "paths", style: { "--row": `${this.high}px` } }, el("tbody", {}, this.paths.map((path, place) => el("tr", {}, el("th", { scope: "row", title: path }, el("bdi", {}, path)), el("td", {}, touches(this.sums[place])))))));
    const right = this.steps.length * this.wide;
    const most = Math.max(...this.rows.flat().map((cell) => total(cell.counts)));
    this.svg = el("svg:svg", { width: right + 1, height: this.paths.length * this.high, role: "rowgroup" }, this.rows.map((row, path) =>
      el("svg:g", { role: "row", "aria-rowindex": path + 1 }, el("svg:line", { class: "rule", x1: 0, x2: right, y1: (path + 1) * this.high - 0.5, y2: (path + 1) * this.high - 0.5 }), row.map((cell) => this.cell(cell, most)))));
    this.svg.addEventListener("pointermove", (event) => this.hover(event));
    this.svg.addEventListener("pointerleave", () => tip.hide());
    this.svg.addEventListener("click", (event) => this.click(event));
    this.scroller.replaceChildren(this.svg);
    this.mark();
  }

  // How wide a step is, and what of it is painted.
  column() {
    return Math.max(CELL.wide, Math.min(40, Math.floor(520 / this.steps.length)));
  }

  gap() {
    return Math.max(this.wide - 2, 1);
  }

  cell(cell, most) {
    const kind = TOUCHES[cell.counts.findLastIndex((one) => one > 0)];
    return (cell.node = el("svg:rect", { class: `cell t-${kind}`, role: "gridcell", id: `cell-${cell.step}-${cell.path}`, "aria-colindex": cell.step + 1, "aria-label": `${this.paths[cell.path]}, step ${cell.step + 1}: ${touches(cell.counts)}`, x: cell.step * this.wide + 1, y: cell.path * this.high + 2, width: this.gap(), height: this.high - 5, rx: 2, opacity: 0.55 + (0.45 * total(cell.counts)) / most }));
  }

  // The access nearest to a step, among those to a file.
  nearest(row, step) {
    return row.reduce((best, cell) => (Math.abs(cell.step - step) < Math.abs(best.step - step) ? cell : best));
  }

  // A finger is wider than a cell: the nearest one in the row is meant.
  at(event) {
    const { left, top } = this.svg.getBoundingClientRect();
    const row = this.rows[Math.max(0, Math.min(this.rows.length - 1, Math.floor((event.clientY - top) / this.high)))];
    return this.nearest(row, (event.clientX - left) / this.wide - 0.5);
  }

  span(cell) {
    return this.trace.spans[this.steps[cell.step]];
  }

  hover(event) {
    if (event.pointerType === "touch" || !event.target.classList.contains("cell")) return tip.hide();
    const cell = this.at(event);
    const span = this.span(cell);
    return tip.show([el("div", { class: "tip-title" }, this.paths[cell.path]), facts([["step", `${cell.step + 1}. ${span.title}`], ["touched", touches(cell.counts)]]), span.preview ? el("div", { class: "tip-preview" }, span.preview) : null], event.clientX, event.clientY);
  }

  // Where details stand beside the tree, a click shows the step; where they would cover this part, a button does.
  click(event) {
    this.activate(this.at(event));
    if (BESIDE.matches && event.target.classList.contains("cell")) this.show();
  }

  show() {
    tip.hide();
    select(this.steps[this.active.step], "files");
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { step, path } = this.active;
    const row = this.rows[path];
    const place = row.indexOf(this.active);
    const other = (next) => (this.rows[next] ? this.nearest(this.rows[next], step) : null);
    const moves = { ArrowLeft: () => row[place - 1], ArrowRight: () => row[place + 1], ArrowUp: () => other(path - 1), ArrowDown: () => other(path + 1), Home: () => row[0], End: () => row.at(-1) };
    if (moves[event.key]) this.activate(moves[event.key]() ?? this.active);
    else if (event.key === "Enter" || event.key === " ") this.show();
    else return;
    event.preventDefault();
  }

  activate(cell) {
    this.active = cell;
    this.tell();
    this.mark();
    cell.node.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  mark() {
    for (const one of this.svg.querySelectorAll(".active")) one.classList.remove("active");
    this.active.node.classList.add("active");
    this.scroller.setAttribute("aria-activedescendant", this.active.node.id);
  }

  tell() {
    const span = this.span(this.active);
    refill(this.told, el("b", {}, this.paths[this.active.path]), `: ${touches(this.active.counts)} in step ${this.active.step + 1}, ${span.title}`, span.preview ? el("span", { class: "faint" }, ` · ${oneLine(span.preview, 90)}`) : null, " ", button("Show the step", () => this.show(), { class: "link" }));
  }
}

const drawFiles = (trace) => (trace.files ? new Heat(trace).node : null);
