// The spans over time, each below the one that it happened in.

const FLAME_ROW = 22;

const ticksOf = (length, width) => {
  const rough = length / Math.max(2, Math.min(8, width / 110));
  const power = 10 ** Math.floor(Math.log10(Math.max(rough, 1)));
  const step = [1, 2, 5, 10].map((one) => one * power).find((one) => one >= rough);
  return Array.from({ length: Math.floor(length / step) + 1 }, (_, number) => number * step);
};

class Flame {
  constructor(trace) {
    this.trace = trace;
    this.zoomed = 0;
    this.focused = 0;
    this.bars = new Map();
    this.axis = el("div", { class: "flame-axis", "aria-hidden": "true" });
    this.area = el("div", { class: "flame-area", role: "group", "aria-label": "Spans over time. Arrow keys move, Enter zooms, Escape zooms out." });
    this.path = el("div", { class: "crumbs" });
    this.scroller = el("div", { class: "flame", tabindex: "-1" }, this.axis, this.area);
    this.node = el("div", {}, el("div", { class: "bar-above" }, this.path, this.legend()), this.scroller);
    this.listen();
    view.watchers.push((at) => this.mark(at));
    onResize(this.area, () => this.width !== this.area.clientWidth && this.draw());
  }

  legend() {
    const kinds = [...new Set(this.trace.spans.map((span) => span.kind))];
    if (this.trace.spans.some((span) => span.failed)) kinds.push("error");
    return el("div", { class: "legend" }, kinds.map((kind) => el("span", {}, el("span", { class: `dot k-${kind}`, "aria-hidden": "true" }), kind)));
  }

  listen() {
    const spanOf = (event) => this.trace.spans[Number(event.target.closest("[data-at]")?.dataset.at ?? -1)];
    this.area.addEventListener("click", (event) => {
      const span = spanOf(event);
      if (span) this.zoom(span.at, true);
    });
    this.area.addEventListener("pointermove", (event) => {
      const span = event.pointerType === "touch" ? null : spanOf(event);
      if (span) tip.show(spanTip(this.trace, span), event.clientX, event.clientY);
      else tip.hide();
    });
    this.area.addEventListener("pointerleave", () => tip.hide());
    this.area.addEventListener("focusin", (event) => {
      const span = spanOf(event);
      if (span && event.target.matches(":focus-visible")) tip.under(spanTip(this.trace, span), event.target);
    });
    this.area.addEventListener("focusout", () => tip.hide());
    this.area.addEventListener("keydown", (event) => this.key(event));
  }

  zoom(at, chosen) {
    this.zoomed = at;
    this.focused = at;
    this.draw();
    if (chosen) {
      select(at, "flame");
      this.bars.get(at)?.focus({ preventScroll: true });
    }
  }

  key(event) {
    const span = this.trace.spans[this.focused];
    const drawn = (one) => one && this.bars.has(one.at);
    const beside = (step) => {
      const bars = [...this.bars.keys()].filter((at) => this.trace.spans[at].depth === span.depth).sort((a, b) => a - b);
      return this.trace.spans[bars[bars.indexOf(span.at) + step]];
    };
    const moves = {
      ArrowUp: () => this.trace.spans[span.parent],
      ArrowDown: () => span.children.find(drawn),
      ArrowLeft: () => beside(-1),
      ArrowRight: () => beside(1),
      Home: () => this.trace.spans[0],
    };
    if (event.key === "Escape" && this.zoomed) this.zoom(Math.max(this.trace.spans[this.zoomed].parent, 0), true);
    else if (moves[event.key]) {
      const next = moves[event.key]();
      if (drawn(next)) this.focus(next.at);
    } else return;
    event.preventDefault();
  }

  focus(at) {
    this.bars.get(this.focused)?.setAttribute("tabindex", "-1");
    this.focused = at;
    const bar = this.bars.get(at);
    bar.setAttribute("tabindex", "0");
    bar.focus();
  }

  mark(at) {
    for (const bar of this.area.querySelectorAll(".chosen")) bar.classList.remove("chosen");
    this.bars.get(at)?.classList.add("chosen");
  }

  // Ancestors of the zoomed span stand above it at full width; of what is narrower than a pixel only some is drawn.
  draw() {
    const { spans, after } = this.trace;
    const top = spans[this.zoomed];
    const from = top.start;
    const length = Math.max(lengthOf(this.trace, top), 1);
    this.width = this.area.clientWidth || 1000;
    this.bars.clear();
    const filled = [];
    const made = document.createDocumentFragment();
    let rows = 0;
    const ancestors = [];
    for (let at = top.parent; at >= 0; at = spans[at].parent) ancestors.unshift(spans[at]);
    const shift = ancestors.length - top.lane;
    ancestors.forEach((span, row) => made.append(this.bar(span, 0, 1, row, "above")));
    for (let at = top.at; at < after[top.at]; at += 1) {
      const span = spans[at];
      const left = Math.max((span.start - from) / length, 0);
      const right = Math.min((span.start + lengthOf(this.trace, span) - from) / length, 1);
      const row = span.lane + shift;
      if (left > 1 || (right * this.width < (filled[row] ?? -1) + 0.7 && !span.failed && at !== top.at)) continue;
      filled[row] = Math.max(right, left + 1 / this.width) * this.width;
      rows = Math.max(rows, row);
      made.append(this.bar(span, left, right, row, ""));
    }
    this.area.replaceChildren(made);
    this.area.style.height = `${(rows + 1) * FLAME_ROW}px`;
    this.drawAxis(from, length);
    this.drawPath(ancestors, top);
    this.mark(view.selected);
  }

  bar(span, left, right, row, extra) {
    const wide = (right - left) * this.width;
    const label = `${span.failed ? "✕ " : ""}${span.title}`;
    const bar = el(
      "button",
      {
        type: "button",
        class: `bar k-${span.failed ? "error" : span.kind} ${extra} ${span.length === null ? "open" : ""} ${wide > 4 ? "wide" : ""}`,
        tabindex: span.at === this.focused ? "0" : "-1",
        "data-at": span.at,
        "aria-label": `${label}, ${span.kind}, ${duration(span.length)}`,
        style: { left: `${left * 100}%`, width: `max(${(right - left) * 100}%, 1px)`, top: `${row * FLAME_ROW}px` },
      },
      wide > 24 ? [label, wide > 140 ? el("small", {}, duration(span.length)) : null] : null,
    );
    this.bars.set(span.at, bar);
    return bar;
  }

  drawAxis(from, length) {
    refill(this.axis, ticksOf(length, this.width).map((tick) => el("span", { style: { left: `${(tick / length) * 100}%` }, class: tick / length > 0.93 ? "last" : "" }, duration(Math.round(from + tick)))));
  }

  drawPath(ancestors, top) {
    refill(
      this.path,
      ancestors.length
        ? [button("Whole trace", () => this.zoom(0, true)), ...ancestors.slice(1).map((span) => button(span.title, () => this.zoom(span.at, true))), el("b", {}, top.title)]
        : el("span", { class: "hint" }, "Click a span to zoom in; hover it, or use the arrow keys, for what it is."),
    );
  }
}
