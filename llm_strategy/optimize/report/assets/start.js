// The parts of the page, from the whole to the detail.

const section = (id, title, content) => (content ? el("section", { id, "aria-labelledby": `${id}-title` }, el("h2", { id: `${id}-title` }, title), content) : null);

const LONG_TASK = 110;

const top_ = () => {
  const title = oneLine(raw.task, LONG_TASK) || "An optimization";
  return [
    el("div", { class: "title" }, el("div", {}, el("h1", {}, title), el("p", { class: "about" }, el("span", { class: `state ${raw.mood}` }, raw.verdict), el("span", {}, raw.reason ? `ended: ${raw.reason}` : "not over yet")), raw.task.trim() === title ? null : folding("The whole task", () => longText(raw.task), { kind: "task" }))),
    raw.stats.length ? el("dl", { class: "stats" }, raw.stats.map(([name, value, note, mood]) => stat(name, value, note, mood))) : null,
    raw.cautions.length ? el("ul", { class: "cautions" }, raw.cautions.map((one) => el("li", {}, one))) : null,
  ];
};

const notes = () => {
  const [hidden, bare] = raw.left_out;
  if (!hidden && !bare) return null;
  return el("p", { class: "hint" }, [hidden ? `${plural(hidden, "candidate")} that ${hidden === 1 ? "was" : "were"} rejected ${hidden === 1 ? "has" : "have"} no room in this page. ` : "", bare ? `The values of ${plural(bare, "candidate")} have no room in it. ` : "", "report.json holds all of it."]);
};

const drawReport = () => {
  refill(document.getElementById("top"), top_());
  const spending = members.length ? new Spending() : null;
  const lineage = members.length ? new Lineage() : null;
  const coordinates = data.runs ? new Candidates() : null;
  const cases = members.some((one) => one.scores.length) ? new Cases() : null;
  const sections = [
    section("best", "What is returned", members.length ? bestChanges() : null),
    section("spending", "Scores over what was spent", spending?.node),
    section("lineage", "Candidates", lineage ? el("div", { class: "pair" }, el("div", {}, notes(), lineage.node), new Changes().node) : null),
    section("coordinates", "Hyperparameters against score and cost", coordinates?.node),
    section("cases", "Scores case by case", cases?.node),
    section("budget", "Budget", raw.budget.length ? budgetBars() : null),
    section("missing", "Missing hyperparameters", missingTable()),
    section("calibration", "Told probabilities of improvement", calibrationPlot()),
    section("synthetic", "Cases that a model made up", syntheticTable()),
    section("setup", "Setup", setupTable()),
  ].filter(Boolean);
  refill(document.getElementById("main"), sections);
  refill(document.getElementById("sections"), sections.map((part) => el("a", { href: `#${part.id}` }, part.firstChild.textContent)));
  for (const part of [spending, coordinates, cases]) part?.draw();
  if (chosen.one) lineage?.reveal(chosen.one);
};

try {
  drawReport();
} catch (error) {
  noteFault(error.stack ?? error);
  document.getElementById("main").prepend(el("p", { class: "problem" }, `This page could not be drawn whole: ${error}`));
}
root.dataset.ready = "true";
