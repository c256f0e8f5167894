// A chart over turns or steps. One place of it is the active one: a pointer or an arrow key moves it, and it is told
// in words. The same numbers stand in a table behind it.

const EDGE = { left: 52, right: 10, top: 10, bottom: 24 };
const HIGH = 210;
const LONGEST_LABEL = 14;
const LETTER = 6.6;

// Round whole numbers from 0 to `most` or above, about five of them.
const ticksTo = (most) => {
  const rough = most / 4;
  const size = 10 ** Math.max(0, Math.floor(Math.log10(rough)));
  const step = [1, 2, 2.5, 5, 10].map((one) => one * size).find((one) => one >= rough && Number.isInteger(one));
  const ticks = [];
  for (let at = 0; at < most + step * 0.999; at += step) ticks.push(at);
  return ticks;
};

class Chart {
  // `names`: of the places; `groups`: [label, first, behind the last] on the axis below; `series`: {name, kind, values, look};
  // `told`: place -> facts; `of`: what a place is; `share`: whether the values are shares of 1.
  constructor(given) {
    Object.assign(this, { share: false, ...given });
    this.size = this.names.length;
    this.stacked = this.series.filter((one) => one.kind === "bar");
    const sums = this.names.map((_, at) => this.stacked.reduce((sum, one) => sum + (one.values[at] ?? 0), 0));
    const others = this.series.filter((one) => one.kind !== "bar").flatMap((one) => one.values);
    const most = [...sums, ...others].reduce((a, b) => Math.max(a, b ?? 0), 0);
    this.ticks = this.share ? [0, 0.25, 0.5, 0.75, 1] : ticksTo(Math.max(most, 1));
    this.top = this.ticks.at(-1);
    this.active = -1;
    this.word = el("p", { class: "chart-told", role: "status" });
    this.plot = el("div", {
      class: "chart",
      tabindex: "0",
      role: "group",
      "aria-label": `${this.title}: ${plural(this.size, this.of)}. Arrow keys move from one to the next.`,
      onkeydown: (event) => this.key(event),
      onpointermove: (event) => event.pointerType !== "touch" && this.point(event),
      onpointerleave: () => tip.hide(),
      onclick: (event) => this.point(event),
    });
    this.node = el("div", {}, this.legend(), this.plot, this.word, folding("As a table", () => this.table(), { kind: "plain" }));
    this.wide = 0;
    this.activate(this.size - 1);
    onResize(this.plot, () => this.draw());
  }

  legend() {
    return el("div", { class: "bar-above" }, el("span", { class: "hint" }, this.hint), el("div", { class: "legend" }, this.series.map((one) => el("span", {}, el("span", { class: `dot f-${one.look}`, "aria-hidden": "true" }), one.name))));
  }

  x(at) {
    return EDGE.left + (at + 0.5) * this.step;
  }

  y(value) {
    return EDGE.top + (1 - value / this.top) * (HIGH - EDGE.top - EDGE.bottom);
  }

  draw() {
    const wide = this.plot.clientWidth;
    if (!wide || wide === this.wide) return;
    this.wide = wide;
    this.step = (wide - EDGE.left - EDGE.right) / this.size;
    this.cursor = el("svg:rect", { class: "cursor", width: 2, y: EDGE.top, height: this.y(0) - EDGE.top, });
    const form = this.share ? (one) => `${Math.round(one * 100)} %` : compact;
    this.svg = el(
      "svg:svg",
      { width: wide, height: HIGH, role: "img", "aria-label": this.title },
      this.bands(),
      this.ticks.map((one) => [el("svg:line", { class: "rule", x1: EDGE.left, x2: wide - EDGE.right, y1: this.y(one), y2: this.y(one) }), el("svg:text", { class: "tick", x: EDGE.left - 6, y: this.y(one) + 4, "text-anchor": "end" }, form(one))]),
      this.labels(),
      this.cursor,
      this.series.map((one) => (one.kind === "bar" ? this.bars(one) : this.line(one))),
    );
    this.plot.replaceChildren(this.svg);
    this.mark();
  }

  // Every second step is shaded, so that one sees which turns are of one step.
  bands() {
    if (this.groups.length < 2 || this.groups.length === this.size || this.step * this.size < this.groups.length * 5) return [];
    return this.groups.filter((_, place) => place % 2).map(([, from, to]) => el("svg:rect", { class: "band", x: EDGE.left + from * this.step, width: (to - from) * this.step, y: EDGE.top, height: this.y(0) - EDGE.top }));
  }

  // As many labels as stand beside each other, at regular distances.
  labels() {
    const shown = this.groups.map(([label, from, to]) => [oneLine(label, LONGEST_LABEL), EDGE.left + ((from + to) / 2) * this.step]);
    const widest = shown.reduce((most, [label]) => Math.max(most, label.length), 1) * LETTER + 8;
    const kept = (every) => shown.filter((_, place) => place === 0 || (place + 1) % every === 0);
    const fits = (every) => kept(every).every(([, x], place, all) => !place || x - all[place - 1][1] >= widest);
    const every = [1, 2, 5, 10, 20, 25, 50, 100, 200, 500, 1000].find(fits) ?? shown.length;
    return kept(every).map(([label, x]) => {
      const half = (label.length * LETTER) / 2;
      return el("svg:text", { class: "tick", x: Math.max(half, Math.min(x, this.wide - half)), y: HIGH - 8, "text-anchor": "middle" }, label);
    });
  }

  bars(series) {
    const below = this.stacked.slice(0, this.stacked.indexOf(series));
    const wide = Math.max(this.step * 0.8, Math.min(this.step, 1));
    return series.values.map((value, at) => {
      if (!value) return null;
      const from = below.reduce((sum, one) => sum + (one.values[at] ?? 0), 0);
      return el("svg:rect", { class: `f-${series.look}`, x: this.x(at) - Math.min(wide, 48) / 2, width: Math.min(wide, 48), y: this.y(from + value), height: this.y(from) - this.y(from + value) });
    });
  }

  // A line that breaks where nothing is known; places stand out as dots where there is room, or nothing beside them.
  line(series) {
    const parts = [];
    let part = [];
    series.values.forEach((value, at) => {
      if (value === null) part = [];
      else {
        if (!part.length) parts.push(part);
        part.push([this.x(at), this.y(value)]);
      }
    });
    const area = series.kind === "area" ? parts.map((one) => el("svg:polygon", { class: `area a-${series.look}`, points: [[one[0][0], this.y(0)], ...one, [one.at(-1)[0], this.y(0)]].join(" ") })) : [];
    const dots = parts.flatMap((one) => (this.step >= 9 || one.length === 1 ? one : []));
    return [area, parts.map((one) => el("svg:polyline", { class: `curve l-${series.look}`, points: one.join(" "), "stroke-width": this.step < 4 ? 1.2 : 2 })), dots.map(([x, y]) => el("svg:circle", { class: `f-${series.look}`, cx: x, cy: y, r: this.step >= 14 ? 3.2 : 2 }))];
  }

  point(event) {
    const { left } = this.plot.getBoundingClientRect();
    this.activate(Math.max(0, Math.min(this.size - 1, Math.floor((event.clientX - left - EDGE.left) / this.step))));
    if (event.pointerType !== "touch") tip.show([el("div", { class: "tip-title" }, this.names[this.active]), facts(this.told(this.active))], event.clientX, event.clientY);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const next = { ArrowLeft: this.active - 1, ArrowRight: this.active + 1, Home: 0, End: this.size - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    this.activate(Math.max(0, Math.min(this.size - 1, next)));
  }

  activate(at) {
    if (at === this.active) return;
    this.active = at;
    refill(this.word, el("b", {}, this.names[at]), `: ${this.told(at).map(([name, value]) => `${name} ${value}`).join(", ")}`);
    this.mark();
  }

  mark() {
    if (!this.cursor) return;
    this.cursor.setAttribute("x", this.x(this.active) - 1);
  }

  table() {
    const shown = (value) => (value === null || value === undefined ? "–" : this.share ? `${Math.round(value * 100)} %` : count(value));
    return el("div", { class: "scroll tall" }, el("table", { class: "grid" }, el("thead", {}, el("tr", {}, [this.of, ...this.series.map((one) => one.name)].map((name) => el("th", { scope: "col" }, name)))), el("tbody", {}, this.names.map((name, at) => el("tr", {}, el("th", { scope: "row" }, name), this.series.map((one) => el("td", { class: "number" }, shown(one.values[at]))))))));
  }
}
