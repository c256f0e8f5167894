// The map of files, with an axis, reads that stay in sight below writes, and all of a long run at once where wanted.

const AXIS = 18;
const MANY_STEPS = 60;

class RunHeat extends Heat {
  draw() {
    super.draw();
    this.names.style.paddingTop = `${AXIS}px`;
    const every = [1, 5, 10, 20, 25, 50, 100, 200].find((one) => one * this.wide >= 34) ?? 500;
    const shown = this.steps.map((_, place) => place).filter((place) => (place + 1) % every === 0 || place === 0);
    const right = this.steps.length * this.wide + 1;
    const axis = el("svg:svg", { class: "heat-axis", width: right, height: AXIS, "aria-hidden": "true" }, shown.map((place) => el("svg:text", { class: "tick", x: Math.max(place * this.wide + this.wide / 2, place === 0 ? 4 : 0), y: 12, "text-anchor": "middle" }, place + 1)));
    this.scroller.prepend(axis);
  }

  // Nearly every step reads what it writes: the read stands as a strip below the write.
  cell(cell, most) {
    const node = super.cell(cell, most);
    const [x, y] = [cell.step * this.wide + 1, cell.path * this.high + this.high - 8];
    const both = cell.counts[0] && cell.counts.slice(1).some(Boolean);
    return both ? [node, el("svg:rect", { class: "strip t-read", x, y, width: this.gap(), height: 5, "aria-hidden": "true" })] : node;
  }

  column() {
    if (!this.whole) return super.column();
    const room = this.scroller.clientWidth || 700;
    return Math.max(1, Math.min(CELL.wide, (room - 2) / this.steps.length));
  }

  // Where steps are thin lines, nothing of them is left out.
  gap() {
    return this.wide < 6 ? Math.max(this.wide, 1.5) : super.gap();
  }

  legend() {
    const legend = super.legend();
    refill(legend.firstChild, `${plural(this.steps.length, "step")} from left to right, each with what was read before its write`);
    if (this.steps.length <= MANY_STEPS) return legend;
    const switcher = button("All at once", () => {
      this.whole = !this.whole;
      switcher.setAttribute("aria-pressed", String(this.whole));
      this.draw();
    }, { "aria-pressed": "false" });
    return fill(legend, [switcher]);
  }

  label() {
    return `Accesses to ${plural(this.paths.length, "file")} in ${plural(this.steps.length, "step")}. Arrow keys move from one to the next.`;
  }

  span(cell) {
    return { title: this.steps[cell.step], preview: "" };
  }

  click(event) {
    this.activate(this.at(event));
  }

  show() {}

  tell() {
    refill(this.told, el("b", {}, this.paths[this.active.path]), `: ${touches(this.active.counts)} at ${this.active.step + 1}, ${this.steps[this.active.step]}`);
  }
}

const heatTable = () =>
  growingTable(["File", "Step", "Touched"], run.heat.cells, ([step, path, counts]) => el("tr", {}, el("th", { scope: "row", class: "mono" }, text(path)), el("td", {}, `${step + 1}. ${run.heat.steps[step]}`), el("td", {}, touches(counts))), "accesses");

const heatMap = () => {
  const heat = new RunHeat({ files: { ...run.heat, paths: run.heat.paths.map((_, place) => place) } });
  return [heat.node, folding("As a table", heatTable, { kind: "plain" })];
};
