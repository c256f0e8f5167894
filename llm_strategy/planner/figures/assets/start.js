// The parts of the page, from the whole to the detail.

const section = (id, title, content) => (content ? el("section", { id, "aria-labelledby": `${id}-title` }, el("h2", { id: `${id}-title` }, title), content) : null);

const LONG_TASK = 110;

const top_ = () => {
  const title = oneLine(run.task, LONG_TASK) || "A run";
  const state = run.outcome ? el("span", { class: `state ${run.mood}` }, run.outcome) : null;
  const counts = [[run.steps.length, "step"], [run.turns.length, "turn"], [run.heat.paths.length, "file"]].filter(([size]) => size).map(([size, noun]) => el("span", {}, plural(size, noun)));
  return [
    el("div", { class: "title" }, el("div", {}, el("h1", {}, title), el("p", { class: "about" }, state, run.reason ? el("span", {}, run.reason) : null, counts), run.task.trim() === title ? null : folding("The whole task", () => longText(run.task), { kind: "task" }))),
    run.stats.length ? el("dl", { class: "stats" }, run.stats.map(([name, value, note, mood]) => stat(name, value, note, mood))) : null,
  ];
};

const drawRun = () => {
  const charts = { retention: [], errors: [], tests: [], context: [] };
  const drawn = (name, make) => panel(name, () => (charts[name] = [make()].flat()).map((chart) => chart.node));
  refill(document.getElementById("top"), top_());
  const sections = [
    section("steps", "Steps", run.steps.length ? stepTable() : null),
    section("requirements", "Requirements", run.requirements.length ? requirementTable() : null),
    section("retention", "Requirements kept", drawn("retention", retentionChart)),
    section("files", "Access to files", panel("files", heatMap)),
    section("errors", "Errors", drawn("errors", errorsChart)),
    section("tests", "Tests", drawn("tests", testsChart)),
    section("context", "Size of the context", drawn("context", contextCharts)),
  ].filter(Boolean);
  refill(document.getElementById("main"), sections);
  refill(document.getElementById("sections"), sections.map((part) => el("a", { href: `#${part.id}` }, part.firstChild.textContent)));
  for (const chart of Object.values(charts).flat()) chart.draw();
};

try {
  drawRun();
} catch (error) {
  noteFault(error.stack ?? error);
  document.getElementById("main").prepend(el("p", { class: "problem" }, `This page could not be drawn whole: ${error}`));
}
root.dataset.ready = "true";
