// One candidate: what is known of it, and what differs from its parent, from the seed, or from any other one.

class Changes {
  constructor() {
    this.against = "parent";
    this.node = el("div", { class: "details candidate", id: "candidate", role: "region", "aria-label": "The chosen candidate" });
    chosen.watchers.push(() => this.draw());
    this.draw();
  }

  other(one) {
    if (this.against === "parent") return byNumber.get(one.parents.find((number) => byNumber.has(number))) ?? byNumber.get(0);
    return byNumber.get(this.against === "seed" ? 0 : this.against);
  }

  draw() {
    const one = chosen.one;
    if (!one) return;
    const other = this.other(one);
    refill(
      this.node,
      el("div", { class: "details-head" }, el("div", {}, el("h3", {}, `Candidate ${called(one)} `, marks(one), " ", fateBadge(one)), one.hypothesis ? el("p", { class: "hypothesis" }, longText(one.hypothesis, "span")) : null)),
      el("div", { class: "details-body" }, facts(aboutOf(one)), this.chooser(one), el("div", { class: "differences" }, this.differences(one, other))),
    );
  }

  chooser(one) {
    const list = el("select", { onchange: () => {
      this.against = ["parent", "seed"].includes(list.value) ? list.value : Number(list.value);
      this.draw();
      this.node.querySelector("select").focus();
    } });
    const options = [["parent", one.parents.length ? `its parent, #${one.parents[0]}` : "its parent"], ["seed", "the seed, #0"], ...one.parents.slice(1).map((number) => [number, `its other parent, #${number}`])];
    const others = members.filter((each) => each.kept && each !== one && each.number && !one.parents.includes(each.number)).slice(-300).map((each) => [each.number, `#${each.number}, ${score(each.mean)}`]);
    fill(list, [...options, ...others].map(([value, label]) => el("option", { value, selected: value === this.against }, label)));
    return el("div", { class: "bar-above compared" }, el("label", {}, "Compared with ", list));
  }

  differences(one, other) {
    if (!other || other === one) return el("p", { class: "hint" }, one.number === 0 ? "This is the seed: what it began with." : "There is nothing to compare it with in this page.");
    const [before, after] = [valuesOf(other), valuesOf(one)];
    if (!before || !after) return el("p", { class: "hint" }, "Its values have no room in this page; report.json holds them.");
    const rows = leaves.map((leaf, place) => [leaf, before[place], after[place]]).filter(([, old, fresh]) => old !== fresh);
    if (!rows.length) return el("p", { class: "hint" }, `All its values are those of ${called(other)}.`);
    return rows.map(([leaf, old, fresh]) => leafChange(leaf, old, fresh));
  }
}

const SHORT = 40;

const leafChange = (leaf, old, fresh) => {
  const [where, field] = [leaf.path.slice(0, leaf.path.indexOf(":")), leaf.path.slice(leaf.path.indexOf(":") + 1)];
  const head = el("h4", { title: leaf.about || null }, el("b", {}, field), " ", el("span", { class: "faint" }, shortName(where)));
  const short = old.length <= SHORT && fresh.length <= SHORT && !/\n/.test(old + fresh);
  const words = short && leaf.kind !== "text" ? el("div", { class: "said" }, el("del", {}, old || "(empty)"), " → ", el("ins", {}, fresh || "(empty)")) : wordsChanged(old, fresh);
  return el("div", { class: "change" }, head, words);
};

// Words that stay stand between those that went and those that came; of long stretches that stay, the ends. Where hardly
// any stay, one text has taken the place of the other.
const wordsChanged = (old, fresh) => {
  const pieces = comparedWords(old, fresh);
  const kept = pieces.reduce((sum, [kind, piece]) => sum + (kind === "kept" ? piece.length : 0), 0);
  if (old && fresh && kept < 0.4 * Math.min(old.length, fresh.length)) return el("div", { class: "said diff replaced" }, longText(old, "del"), longText(fresh, "ins"));
  return el("div", { class: "said diff" }, pieces.map(([kind, piece]) => (kind === "kept" ? keptPiece(piece) : el(kind === "added" ? "ins" : "del", {}, piece))));
};

const bestChanges = () => {
  const [seed, best] = [byNumber.get(0), byNumber.get(raw.best)];
  const [before, after] = [seed && valuesOf(seed), best && valuesOf(best)];
  if (!before || !after) return null;
  const rows = leaves.map((leaf, place) => [leaf, before[place], after[place]]).filter(([, old, fresh]) => old !== fresh);
  const changes = rows.length ? el("div", { class: "differences" }, rows.map((row) => leafChange(...row))) : el("p", { class: "hint" }, "The hyperparameters stay as they were.");
  const use = raw.json ? folding("As JSON, for a scope", () => [el("p", { class: "hint" }, "Hyperparameters.model_validate_json(…) makes a scope of it; report.json holds it as `best`."), longText(pretty(raw.json), "pre", "code")], { kind: "plain" }) : null;
  return el("div", {}, changes, use);
};
