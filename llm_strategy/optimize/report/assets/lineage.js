// Who was made from whom: a tree of candidates. Arrow keys move in it, left and right fold and unfold.

const MANY = 60;

class Lineage {
  constructor() {
    this.children = new Map(members.map((one) => [one.number, []]));
    this.roots = [];
    for (const one of members) {
      const parent = one.parents.find((number) => byNumber.has(number));
      if (parent === undefined || parent === one.number) this.roots.push(one);
      else this.children.get(parent).push(one);
    }
    this.folded = new Set();
    this.all = members.length <= MANY;
    this.tree = el("div", { class: "lineage", role: "tree", tabindex: "0", "aria-label": `${plural(members.length, "candidate")}, each below the one that it was made from. Arrow keys move, left and right fold.`, onkeydown: (event) => this.key(event) });
    this.hint = el("span", { class: "hint", role: "status" });
    this.switcher = button("Rejected ones too", () => {
      this.all = !this.all;
      this.draw();
    });
    this.node = el("div", { class: "tree-part" }, el("div", { class: "bar-above" }, this.hint, el("div", { class: "tools" }, this.switcher)), this.tree);
    chosen.watchers.push((one) => this.reveal(one));
    this.draw();
  }

  // Rows in the order of the tree. A candidate that is hidden shows its children all the same, where one of them is shown.
  rows() {
    const found = [];
    const waiting = this.roots.map((one) => [one, 0]).reverse();
    while (waiting.length) {
      const [one, depth] = waiting.pop();
      const shown = this.all || one.kept || one.number === raw.best || one === chosen.one;
      if (shown) found.push([one, depth]);
      if (!this.folded.has(one.number)) waiting.push(...this.children.get(one.number).map((child) => [child, shown ? depth + 1 : depth]).reverse());
    }
    return found;
  }

  draw() {
    this.shown = this.rows();
    this.places = new Map(this.shown.map(([one], place) => [one.number, place]));
    const hidden = members.length - this.shown.length;
    refill(this.hint, hidden ? `${count(this.shown.length)} of ${plural(members.length, "candidate")}` : plural(members.length, "candidate"));
    this.switcher.setAttribute("aria-pressed", String(this.all));
    this.switcher.hidden = members.every((one) => one.kept);
    this.drawn = this.shown.map(([one, depth]) => this.row(one, depth));
    refill(this.tree, this.drawn);
    this.mark();
  }

  row(one, depth) {
    const below = this.children.get(one.number).length;
    const open = below ? String(!this.folded.has(one.number)) : null;
    const others = one.parents.slice(1).map((number) => ` + #${number}`);
    const share = hasScore(one) ? scoreShare(one.mean) : null;
    return el(
      "div",
      { class: `branch-row ${one.kept ? "" : "out"}`, id: `candidate-${one.number}`, role: "treeitem", "aria-level": depth + 1, "aria-expanded": open, style: { "--depth": Math.min(depth, 24) }, onclick: () => this.pick(one) },
      el("span", { class: "branch-head" },
        el("span", { class: `twist ${below ? "" : "none"}`, onclick: (event) => this.twist(event, one) }),
        el("b", { class: "branch-name" }, called(one)),
        others.length ? el("span", { class: "faint" }, others) : null,
        el("span", { class: "branch-by" }, one.proposer),
        el("span", { class: "branch-why" }, oneLine(one.hypothesis, 160))),
      el("span", { class: "branch-end" }, marks(one), fateBadge(one),
        el("span", { class: "meter", "aria-hidden": "true" }, share === null ? null : el("i", { style: { width: `${(100 * share).toFixed(1)}%` } })),
        el("span", { class: "branch-score" }, one.thin ? "–" : score(one.mean))),
    );
  }

  pick(one) {
    this.tree.focus({ preventScroll: true });
    choose(one);
  }

  twist(event, one) {
    event.stopPropagation();
    if (this.children.get(one.number).length) this.fold(one, !this.folded.has(one.number));
  }

  fold(one, away) {
    if (away) this.folded.add(one.number);
    else this.folded.delete(one.number);
    this.draw();
  }

  // Whoever is chosen elsewhere is in sight here, also below what is folded.
  reveal(one) {
    if (!this.places.has(one.number)) {
      for (let up = one, left = members.length; up && left; left -= 1) {
        up = byNumber.get(up.parents.find((number) => byNumber.has(number)));
        if (up) this.folded.delete(up.number);
      }
      this.draw();
    }
    this.mark();
    const row = this.drawn[this.places.get(one.number)];
    if (row) this.tree.scrollTop += Math.max(0, row.offsetTop + row.offsetHeight - this.tree.clientHeight - this.tree.scrollTop) - Math.max(0, this.tree.scrollTop - row.offsetTop);
  }

  mark() {
    const at = this.places.get(chosen.one?.number);
    this.drawn.forEach((row, place) => {
      row.classList.toggle("selected", place === at);
      row.setAttribute("aria-selected", String(place === at));
    });
    if (at === undefined) this.tree.removeAttribute("aria-activedescendant");
    else this.tree.setAttribute("aria-activedescendant", this.drawn[at].id);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const at = this.places.get(chosen.one?.number) ?? 0;
    const one = this.shown[at]?.[0];
    if (!one) return;
    const below = this.children.get(one.number).length > 0;
    const parent = byNumber.get(one.parents.find((number) => byNumber.has(number)));
    const moves = {
      ArrowDown: () => this.go(at + 1),
      ArrowUp: () => this.go(at - 1),
      Home: () => this.go(0),
      End: () => this.go(this.shown.length - 1),
      ArrowRight: () => (below && this.folded.has(one.number) ? this.fold(one, false) : this.go(at + 1)),
      ArrowLeft: () => (below && !this.folded.has(one.number) ? this.fold(one, true) : choose(parent)),
    };
    if (!moves[event.key]) return;
    event.preventDefault();
    moves[event.key]();
  }

  go(place) {
    choose(this.shown[Math.max(0, Math.min(this.shown.length - 1, place))]?.[0]);
  }
}
