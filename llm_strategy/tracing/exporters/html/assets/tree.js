// The spans as a tree. Only the rows that can be seen are elements, so that thousands of spans open at once.

const EXPANDED_AT_FIRST = 120;

class Tree {
  constructor(trace) {
    this.trace = trace;
    this.open = new Set();
    this.query = "";
    this.errorsOnly = false;
    this.active = 0;
    this.rowHeight = matchMedia("(pointer: coarse)").matches ? 38 : 28;
    for (const span of trace.spans) if (span.children.length && (trace.spans.length <= EXPANDED_AT_FIRST || span.depth === 0)) this.open.add(span.at);
    this.canvas = el("div", { class: "rows", role: "presentation" });
    this.scroller = el("div", { class: "tree", role: "tree", tabindex: "0", "aria-label": "Spans", onscroll: () => this.paint(), onkeydown: (event) => this.key(event), onclick: (event) => this.click(event) }, this.canvas);
    this.status = el("span", { class: "hint", role: "status" });
    this.node = el("div", { class: "tree-part" }, this.tools(), el("div", { class: "row head", "aria-hidden": "true" }, ["Span", "Tokens", "Cost", "Time", "When"].map((name, place) => el("span", { class: `c${place}` }, name))), this.scroller);
    view.watchers.push((at, from) => at >= 0 && from !== "tree" && this.reveal(at));
    view.tree = this;
    this.update();
  }

  tools() {
    const search = el("input", { type: "search", placeholder: "Filter by text", "aria-label": "Filter spans by text", oninput: () => {
      this.query = search.value;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.update(), 120);
    } });
    const errors = button("Only errors", () => {
      this.errorsOnly = !this.errorsOnly;
      errors.setAttribute("aria-pressed", String(this.errorsOnly));
      this.update();
    }, { "aria-pressed": "false", disabled: !this.trace.spans.some((span) => span.failed) });
    const all = (wanted) => () => {
      this.open = new Set(wanted ? this.trace.spans.filter((span) => span.children.length).map((span) => span.at) : []);
      this.update();
    };
    return el("div", { class: "bar-above" }, el("div", { class: "tools" }, search, errors, button("Expand all", all(true)), button("Collapse all", all(false))), this.status);
  }

  update() {
    const { spans, after } = this.trace;
    this.filter = filtered(this.trace, this.query, this.errorsOnly);
    this.shown = [];
    for (let at = 0; at < spans.length; ) {
      if (this.filter ? !this.filter.kept.has(at) : false) at = after[at];
      else {
        this.shown.push(at);
        at = this.filter || this.open.has(at) ? at + 1 : after[at];
      }
    }
    if (!this.shown.includes(this.active)) this.active = this.shown.findLast((at) => at <= this.active) ?? this.shown[0] ?? -1;
    refill(this.status, this.filter ? (this.filter.found.size ? `${plural(this.filter.found.size, "span")} found` : "No span is like that") : "");
    this.canvas.style.height = `${this.shown.length * this.rowHeight}px`;
    this.paint();
  }

  paint(everything = false) {
    const { scrollTop, clientHeight } = this.scroller;
    const first = everything ? 0 : Math.max(Math.floor(scrollTop / this.rowHeight) - 8, 0);
    const last = everything ? this.shown.length : Math.min(Math.ceil((scrollTop + (clientHeight || 600)) / this.rowHeight) + 8, this.shown.length);
    const made = document.createDocumentFragment();
    for (let place = first; place < last; place += 1) made.append(this.row(this.trace.spans[this.shown[place]], place));
    this.canvas.replaceChildren(made);
    if (this.active >= 0) this.scroller.setAttribute("aria-activedescendant", `span-${this.active}`);
  }

  row(span, place) {
    const inside = span.children.length > 0;
    const expanded = inside ? String(this.filter !== null || this.open.has(span.at)) : null;
    const classes = ["row", span.failed ? "failed" : "", span.at === this.active ? "active" : "", span.at === view.selected ? "selected" : "", this.filter && !this.filter.found.has(span.at) ? "dim" : ""];
    return el(
      "div",
      { class: classes.join(" "), role: "treeitem", id: `span-${span.at}`, "data-at": span.at, "aria-level": span.depth + 1, "aria-expanded": expanded, "aria-selected": String(span.at === view.selected), style: { top: `${place * this.rowHeight}px`, height: `${this.rowHeight}px` } },
      el("span", { class: "c0", style: { "--depth": Math.min(span.depth, 24) } }, el("span", { class: `twist ${inside ? "" : "none"}`, "aria-hidden": "true" }), el("span", { class: `dot k-${span.failed ? "error" : span.kind}`, title: span.kind }), el("span", { class: `name ${span.missing ? "faint" : ""}` }, span.title), this.badges(span), el("span", { class: "preview" }, span.preview)),
      el("span", { class: "c1" }, span.usage.unmeasured || span.usage.input + span.usage.output ? tokens(span.usage.input + span.usage.output, span.usage, compact) : ""),
      el("span", { class: "c2" }, span.usage.chats ? cost(span.usage) : ""),
      el("span", { class: "c3" }, duration(span.length)),
      el("span", { class: "c4", "aria-hidden": "true" }, el("i", { class: `k-${span.failed ? "error" : span.kind}`, style: { left: `${(span.start / this.trace.length) * 100}%`, width: `max(${(lengthOf(this.trace, span) / this.trace.length) * 100}%, 2px)` } })),
    );
  }

  badges(span) {
    const { usage } = span;
    const closed = span.children.length > 0 && !this.filter && !this.open.has(span.at);
    const sums = closed || ["session", "function", "step"].includes(span.kind); // elsewhere the rows below tell it
    const above = sums && span.kind !== "attempt" ? usage.retries : 0;
    const errors = sums && !span.failed && usage.errors > usage.retries ? usage.errors : 0; // else its retries tell it
    return [
      span.failed ? el("span", { class: "badge bad" }, span.attributes.get(NAME.cancelled) === true ? "cancelled" : "failed") : null,
      span.kind === "attempt" && span.attempt > 1 ? el("span", { class: "badge warn" }, `retry ${span.attempt - 1}`) : null,
      above ? el("span", { class: "badge warn" }, plural(above, "retry", "retries")) : null,
      errors ? el("span", { class: "badge quiet" }, plural(errors, "error")) : null,
      span.hit ? el("span", { class: "badge good" }, "cache hit") : usage.hits && sums ? el("span", { class: "badge good" }, plural(usage.hits, "cache hit")) : null,
      span.length === null && !span.missing ? el("span", { class: "badge warn" }, "open") : null,
    ];
  }

  click(event) {
    const at = Number(event.target.closest("[data-at]")?.dataset.at ?? -1);
    if (at < 0) return;
    if (event.target.classList.contains("twist") && this.trace.spans[at].children.length) this.toggle(at);
    else this.choose(at);
  }

  toggle(at, wanted = !this.open.has(at)) {
    this.active = at;
    if (wanted) this.open.add(at);
    else this.open.delete(at);
    this.update();
  }

  choose(at) {
    this.active = at;
    select(at, "tree");
    this.paint();
  }

  key(event) {
    const place = this.shown.indexOf(this.active);
    const span = this.trace.spans[this.active];
    if (!span) return;
    const opened = this.filter !== null || this.open.has(span.at);
    const page = Math.floor(this.scroller.clientHeight / this.rowHeight) - 1;
    const go = (next) => this.move(this.shown[Math.max(0, Math.min(next, this.shown.length - 1))]);
    const acts = {
      ArrowDown: () => go(place + 1),
      ArrowUp: () => go(place - 1),
      PageDown: () => go(place + page),
      PageUp: () => go(place - page),
      Home: () => go(0),
      End: () => go(this.shown.length - 1),
      ArrowRight: () => span.children.length && (opened ? go(place + 1) : this.toggle(span.at, true)),
      ArrowLeft: () => (span.children.length && opened && !this.filter ? this.toggle(span.at, false) : span.parent >= 0 && this.move(span.parent)),
      Enter: () => this.choose(span.at),
      " ": () => this.choose(span.at),
    };
    if (!acts[event.key]) return;
    acts[event.key]();
    event.preventDefault();
  }

  move(at) {
    this.active = at;
    this.show(at);
    if (root.classList.contains("beside")) select(at, "tree"); // details stand beside the tree: they follow
    this.paint();
  }

  show(at) {
    const top = this.shown.indexOf(at) * this.rowHeight;
    const { scrollTop, clientHeight } = this.scroller;
    if (top < scrollTop) this.scroller.scrollTop = top;
    else if (top + this.rowHeight > scrollTop + clientHeight) this.scroller.scrollTop = top + this.rowHeight - clientHeight;
  }

  reveal(at) {
    for (let one = this.trace.spans[at].parent; one >= 0; one = this.trace.spans[one].parent) this.open.add(one);
    this.active = at;
    this.update();
    this.show(at);
    this.paint();
  }
}

addEventListener("beforeprint", () => view.tree?.paint(true));
addEventListener("afterprint", () => view.tree?.paint());
