// The charts, from the data to what they show.

const values = (rows, name) => rows.map((row) => row[name]);
const names = (rows) => values(rows, "name");
const counted = (value, none) => (value === null ? none : count(value));

const retentionChart = () => {
  const all = run.required;
  const kept = (name) => run.retention.map((one) => (one[name] === null ? null : one[name] / all));
  const said = (number) => (number === null ? "not told by the trace" : `${number} of ${all}`);
  return new Chart({
    title: "Requirements kept over steps",
    hint: `of ${plural(all, "requirement")}, step by step`,
    of: "step",
    share: true,
    names: run.retention.map((one) => `step ${one.step}`),
    groups: run.retention.map((one, at) => [one.step, at, at + 1]),
    series: [{ name: "have stood in a context", kind: "area", look: "stood", values: kept("stood") }, { name: "named by the program", kind: "line", look: "named", values: kept("named") }],
    told: (at) => [["named by the program", said(run.retention[at].named)], ["have stood in a context", said(run.retention[at].stood)]],
  });
};

const errorsChart = () =>
  new Chart({
    title: "Errors in the workspace over turns",
    hint: `after each of ${plural(run.turns.length, "turn")}; steps below`,
    of: "turn",
    names: names(run.turns),
    groups: run.groups,
    series: [{ name: "errors", kind: "line", look: "errors", values: values(run.turns, "errors") }],
    told: (at) => [["errors", counted(run.turns[at].errors, "not looked for")]],
  });

const testsChart = () =>
  new Chart({
    title: "Tests passed and failed over turns",
    hint: `after each of ${plural(run.turns.length, "turn")}; steps below`,
    of: "turn",
    names: names(run.turns),
    groups: run.groups,
    series: [{ name: "passed", kind: "bar", look: "passed", values: values(run.turns, "passed") }, { name: "failed", kind: "bar", look: "failed", values: values(run.turns, "failed") }],
    told: (at) => (run.turns[at].passed === null ? [["tests", "not run"]] : [["passed", count(run.turns[at].passed)], ["failed", count(run.turns[at].failed)]]),
  });

// Letters and tokens are of different sizes: each has a chart of its own.
const contextCharts = () => {
  const groups = run.turns.length ? run.groups : run.contexts.map((_, at) => [String(at + 1), at, at + 1]);
  const of = run.turns.length ? "turn" : "request";
  return ["letters", "tokens"].filter((name) => run.contexts.some((one) => one[name] !== null)).map((name) =>
    new Chart({
      title: `Size of the context over ${of}s, in ${name}`,
      hint: `${name} of each of ${plural(run.contexts.length, "request")}${name === "tokens" ? ", as the server told" : ""}`,
      of,
      names: names(run.contexts),
      groups,
      series: [{ name, kind: "area", look: name, values: values(run.contexts, name) }],
      told: (at) => [[name, counted(run.contexts[at][name], "not told")]],
    }));
};

const panel = (name, draw) => (run.why[name] ? el("p", { class: "hint" }, run.why[name]) : draw());
