// The steps and the requirements, as tables that grow on demand.

const MOODS = { done: "good", yes: "good", passed: "good", failed: "bad", untested: "warn", skipped: "quiet", no: "quiet" };
const ROWS = 12;

const badge = (word) => (word ? el("span", { class: `badge ${MOODS[word] ?? "quiet"}` }, word) : el("span", { class: "faint" }, "–"));

const listed = (items, noun) => {
  if (!items.length) return el("span", { class: "faint" }, "–");
  return growing(items, 3, (one) => el("div", { class: "mono" }, one), noun);
};

// On a narrow screen a row is a list of names and values: the names come from the heads, the roles stay those of a table.
const labelled = (row, heads) => {
  row.setAttribute("role", "row");
  [...row.children].forEach((cell, place) => {
    cell.dataset.name = heads[place];
    cell.setAttribute("role", place ? "cell" : "rowheader");
    cell.classList.toggle("empty", cell.textContent === "–");
  });
  return row;
};

const growingTable = (heads, items, draw, noun) => {
  const body = el("tbody", { role: "rowgroup" });
  const more = button("", () => grow(), { class: "more" });
  let shown = 0;
  const grow = () => {
    const size = shown ? 100 : ROWS;
    fill(body, items.slice(shown, shown + size).map((item) => labelled(draw(item), heads)));
    shown = Math.min(items.length, shown + size);
    more.hidden = shown >= items.length;
    refill(more, `Show ${Math.min(100, items.length - shown)} more of ${items.length - shown} ${noun}`);
  };
  grow();
  return el("div", {}, el("div", { class: "scroll" }, el("table", { class: "grid wide-table", role: "table" }, el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, heads.map((name) => el("th", { scope: "col", role: "columnheader" }, name)))), body)), more);
};

const number = (value) => el("td", { class: "number" }, value === null ? "–" : count(value));

const stepTable = () =>
  growingTable(["Step", "Instruction", "Outcome", "Serves", "Attempts", "Turns", "Errors", "Tests"], run.steps, (step) =>
    el(
      "tr",
      {},
      el("th", { scope: "row", class: "mono" }, step.path),
      el("td", { class: "words" }, longText(step.text), step.note ? el("div", { class: "faint" }, longText(step.note)) : null),
      el("td", { class: "outcome" }, badge(step.outcome)),
      el("td", { class: "ids" }, step.requirements.join(", ") || "–"),
      number(step.attempts || null),
      number(step.turns),
      el("td", { class: `number ${step.errors ? "bad-text" : ""}` }, step.errors === null ? "–" : count(step.errors)),
      el("td", { class: "number" }, step.passed === null ? "–" : [`${count(step.passed)} passed`, step.failed ? el("div", { class: "bad-text" }, `${count(step.failed)} failed`) : null]),
    ), "steps");

const requirementTable = () => {
  const known = run.requirements.some((one) => one.state);
  const heads = ["Requirement", "What it asks for", ...(known ? ["State"] : []), "Steps", ...(known ? ["Files", "Tests"] : [])];
  return growingTable(heads, run.requirements, (one) =>
    el(
      "tr",
      {},
      el("th", { scope: "row", class: "mono" }, one.id),
      el("td", { class: "words" }, longText(one.text)),
      known ? el("td", { class: "outcome" }, badge(one.state)) : null,
      el("td", { class: "ids" }, one.instructions.join(", ") || el("span", { class: "badge warn" }, "none")),
      known ? [el("td", {}, listed(one.files, "files")), el("td", {}, listed(one.tests, "tests"))] : null,
    ), "requirements");
};
