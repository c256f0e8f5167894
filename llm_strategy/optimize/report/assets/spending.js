// Scores over what was spent: each candidate where its fate was known, the best one so far as a line, and below it
// those that the gates have turned away. Arrow keys move from candidate to candidate.

const EDGE = { left: 46, right: 14, top: 12, foot: 26, gate: 34 };
const HIGH = 300;

const scored = members.filter(hasScore);
const [LOW, TOP] = (() => {
  const known = scored.map((one) => one.mean);
  const [low, high] = [known.reduce((a, b) => Math.min(a, b), Infinity), known.reduce((a, b) => Math.max(a, b), -Infinity)];
  if (!known.length) return [0, 1];
  if (low >= 0 && high <= 1) return [Math.max(0, Math.floor(low * 10 - 0.5) / 10), Math.min(1, Math.ceil(high * 10 + 0.5) / 10)];
  const room = (high - low || Math.abs(high) || 1) * 0.08;
  return [low - room, high + room];
})();
const scoreShare = (value) => (TOP === LOW ? 0.5 : Math.max(0, Math.min(1, (value - LOW) / (TOP - LOW))));

// Round numbers between two values, about `many` of them.
const roundTicks = (low, high, many) => {
  const rough = (high - low) / many || 1;
  const size = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((one) => one * size).find((one) => one >= rough * 0.999);
  const ticks = [];
  for (let at = Math.ceil(low / step - 1e-9); at * step <= high + step * 1e-9; at += 1) ticks.push(Number((at * step).toPrecision(10)));
  return ticks;
};

class Spending {
  constructor() {
    this.order = [...members].sort((a, b) => a.spent - b.spent || a.number - b.number);
    this.measures = { rollouts: this.order.map((one) => one.spent) };
    for (const [name, each] of [["tokens", "tokens"], ["dollars", "dollars"]])
      if (this.order.every((one) => one.rollouts === 0 || typeof one[each] === "number") && this.order.some((one) => one[each])) {
        let sum = 0;
        this.measures[name] = this.order.map((one) => (sum += (one[each] ?? 0) * one.rollouts));
      }
    this.measure = "rollouts";
    this.told = el("p", { class: "chart-told", role: "status" });
    this.plot = el("div", { class: "chart", tabindex: "0", role: "group", "aria-label": `Scores of ${plural(members.length, "candidate")} over what was spent. Arrow keys move from one to the next.`, onkeydown: (event) => this.key(event), onpointermove: (event) => event.pointerType !== "touch" && this.hover(event), onpointerleave: () => tip.hide(), onclick: (event) => choose(this.near(event)) });
    this.node = el("div", {}, el("div", { class: "bar-above" }, el("div", { class: "tools" }, this.chooser()), this.legend()), this.plot, this.told);
    chosen.watchers.push(() => this.mark());
    onResize(this.plot, () => this.plot.clientWidth !== this.wide && this.draw());
  }

  chooser() {
    const names = Object.keys(this.measures);
    if (names.length < 2) return el("span", { class: "hint" }, "over rollouts");
    const list = el("select", { onchange: () => {
      this.measure = list.value;
      this.draw();
    } }, names.map((name) => el("option", { value: name }, name)));
    return el("label", {}, "Over ", list);
  }

  legend() {
    const marks = [["pool", "past its gates"], ["front", "front"], ["dominated", "dominated"], ["partly", "not kept, with the scores it got"], ["gate", "not kept, with few scores or none"]];
    const present = { pool: members.some((one) => one.fate === "pool"), front: raw.front.length > 0, dominated: members.some((one) => one.fate === "dominated"), partly: scored.some((one) => !one.kept), gate: members.some((one) => !one.kept && !hasScore(one)) };
    return el("div", { class: "legend" }, el("span", {}, el("span", { class: "sign best-sign", "aria-hidden": "true" }), "best so far"), marks.filter(([name]) => present[name]).map(([name, words]) => el("span", {}, el("span", { class: `sign p-${name}`, "aria-hidden": "true" }), words)));
  }

  x(at) {
    return EDGE.left + (this.most ? this.measures[this.measure][at] / this.most : 0.5) * (this.wide - EDGE.left - EDGE.right);
  }

  y(value) {
    return EDGE.top + (1 - scoreShare(value)) * (this.floor - EDGE.top);
  }

  draw() {
    this.wide = this.plot.clientWidth;
    if (!this.wide) return;
    this.floor = HIGH - EDGE.foot - EDGE.gate;
    this.most = this.measures[this.measure].at(-1) || 0;
    const form = this.measure === "dollars" ? dollars : compact;
    const across = roundTicks(0, this.most || 1, Math.max(2, Math.min(8, Math.floor(this.wide / 110))));
    const at = (value) => EDGE.left + (this.most ? value / this.most : 0.5) * (this.wide - EDGE.left - EDGE.right);
    this.points = this.order.map((one, place) => ({ one, x: this.x(place), y: hasScore(one) ? this.y(one.mean) : HIGH - EDGE.foot - 10 }));
    this.cursor = el("svg:circle", { class: "ring", r: 9, cx: -20, cy: -20 });
    this.plot.replaceChildren(el(
      "svg:svg",
      { width: this.wide, height: HIGH, role: "img", "aria-label": "Scores over what was spent" },
      roundTicks(LOW, TOP, 5).map((one) => [el("svg:line", { class: "rule", x1: EDGE.left, x2: this.wide - EDGE.right, y1: this.y(one), y2: this.y(one) }), el("svg:text", { class: "tick", x: EDGE.left - 6, y: this.y(one) + 4, "text-anchor": "end" }, figure(one))]),
      el("svg:line", { class: "floor", x1: EDGE.left, x2: this.wide - EDGE.right, y1: HIGH - EDGE.foot, y2: HIGH - EDGE.foot }),
      el("svg:text", { class: "tick", x: EDGE.left - 6, y: HIGH - EDGE.foot - 6, "text-anchor": "end" }, "gate"),
      across.map((one) => el("svg:text", { class: "tick", x: Math.min(at(one), this.wide - 18), y: HIGH - 9, "text-anchor": "middle" }, form(one))),
      this.bestLine(),
      this.points.map((point) => this.sign(point)),
      this.cursor,
    ));
    this.mark();
  }

  // The best mean of those past their gates, by what was spent then.
  bestLine() {
    let best = -Infinity;
    const corners = [];
    this.order.forEach((one, place) => {
      if (!one.kept || !hasScore(one) || one.mean <= best) return;
      const [x, y] = [this.x(place), this.y(one.mean)];
      if (corners.length) corners.push([x, corners.at(-1)[1]]);
      corners.push([x, y]);
      best = one.mean;
    });
    if (!corners.length) return null;
    corners.push([this.wide - EDGE.right, corners.at(-1)[1]]);
    return el("svg:polyline", { class: "best-line", points: corners.join(" ") });
  }

  sign({ one, x, y }) {
    if (!hasScore(one)) return el("svg:line", { class: `p-gate g-${one.fate}`, x1: x, x2: x, y1: y - 8, y2: y + 8 });
    const kind = !one.kept ? "partly" : isFront(one) ? "front" : one.fate === "dominated" ? "dominated" : "pool";
    return el("svg:circle", { class: `p-${kind}`, cx: x, cy: y, r: one.number === raw.best ? 6 : 4 });
  }

  near(event) {
    const { left, top } = this.plot.getBoundingClientRect();
    const [x, y] = [event.clientX - left, event.clientY - top];
    const far = (point) => Math.abs(point.x - x) + 0.6 * Math.abs(point.y - y);
    return this.points?.reduce((best, point) => (far(point) < far(best) ? point : best)).one;
  }

  hover(event) {
    const one = this.near(event);
    if (one) tip.show(candidateTip(one), event.clientX, event.clientY);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const at = this.order.indexOf(chosen.one);
    const next = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: this.order.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    choose(this.order[Math.max(0, Math.min(this.order.length - 1, next))]);
  }

  mark() {
    const one = chosen.one;
    if (!one) return;
    refill(this.told, el("b", {}, `Candidate ${called(one)}`), `: ${typeof one.mean === "number" ? `score ${score(one.mean)} on ${plural(one.scores.length, "case")}, ` : ""}${one.why || one.fate}, after ${plural(one.spent, "rollout")}`);
    const point = this.points?.find((each) => each.one === one);
    if (!point) return;
    this.cursor.setAttribute("cx", point.x);
    this.cursor.setAttribute("cy", point.y);
  }
}
