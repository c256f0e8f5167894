// The data of the page, with names instead of places, and the candidate that is chosen.

const raw = JSON.parse(document.getElementById("data").textContent);
const text = (number) => raw.texts[number] ?? "";
const named = (names) => (row) => Object.fromEntries(names.map((name, place) => [name, row[place]]));

const leaves = raw.leaves.map(named(["path", "kind", "about", "low", "high", "seed"]));
const members = raw.members
  .map(named(["number", "parents", "proposer", "hypothesis", "fate", "why", "mean", "step", "spent", "rollouts", "tokens", "dollars", "changes", "cases", "scores", "objectives", "thin"]))
  .map((one, at) => ({ ...one, at, proposer: text(one.proposer), hypothesis: text(one.hypothesis), why: text(one.why), kept: ["seed", "pool", "dominated"].includes(one.fate) }));
const byNumber = new Map(members.map((one) => [one.number, one]));
const front = new Set(raw.front);

// The page of a trace draws parallel coordinates as well: this is what it asks for.
const data = { runs: raw.coordinates };
const view = {};

// A gate may turn a candidate away after a case or two: its mean does not stand beside those of others.
const hasScore = (one) => typeof one.mean === "number" && !one.thin;
const score = (value) => (value === null || value === undefined ? "–" : typeof value === "number" ? value.toFixed(3) : String(value));
const called = (one) => `#${one.number}`;
const isFront = (one) => front.has(one.number);

// Values of all leaves; null where they were left out of the page.
const valuesOf = (one) => {
  if (one.changes === null) return null;
  const values = leaves.map((leaf) => leaf.seed);
  for (const [leaf, value] of one.changes) values[leaf] = value;
  return values.map(text);
};

const fateBadge = (one) => {
  const mood = { seed: "quiet", pool: "good", dominated: "quiet", rejected: "warn", invalid: "bad", duplicate: "quiet", undecided: "quiet" }[one.fate];
  const words = one.fate === "pool" && isFront(one) ? "front" : one.fate;
  return el("span", { class: `badge ${mood}`, title: one.why }, words);
};

const marks = (one) => [
  one.number === raw.best ? el("span", { class: "badge best" }, "returned") : null,
  one.number === raw.winner && one.number !== raw.best ? el("span", { class: "badge best" }, "winner") : null,
];

const aboutOf = (one) => [
  ["made by", one.proposer],
  ["from", one.parents.map((parent) => `#${parent}`).join(", ")],
  ["fate", one.why || one.fate],
  ["score", one.mean === null ? null : `${score(one.mean)} on ${plural(one.scores.length, "case")}`],
  ...one.objectives.map(([name, value]) => [name, score(value)]),
  ["step", one.step || null],
  ["rollouts", one.rollouts || null],
  ["tokens a rollout", one.tokens === null ? null : compact(one.tokens)],
  ["cost a rollout", typeof one.dollars === "number" ? dollars(one.dollars) : null],
];

const candidateTip = (one) => [el("div", { class: "tip-title" }, called(one), " ", fateBadge(one)), one.hypothesis ? el("div", { class: "tip-preview" }, oneLine(one.hypothesis, 200)) : null, facts(aboutOf(one))];

// One candidate is chosen; every part of the page that shows candidates is told.
const chosen = { one: byNumber.get(raw.best) ?? members[0] ?? null, watchers: [] };
const choose = (one) => {
  if (!one || one === chosen.one) return;
  chosen.one = one;
  for (const watch of chosen.watchers) watch(one);
};
const select = (number) => choose(byNumber.get(number));
