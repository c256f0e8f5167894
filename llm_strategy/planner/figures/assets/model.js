// The data of the page, with names instead of places.

const raw = JSON.parse(document.getElementById("data").textContent);
const named = (names) => (row) => Object.fromEntries(names.map((name, place) => [name, row[place]]));

const run = {
  ...raw,
  turns: raw.turns.map(named(["name", "errors", "passed", "failed"])),
  steps: raw.steps.map(named(["path", "text", "outcome", "attempts", "note", "requirements", "turns", "errors", "passed", "failed"])),
  requirements: raw.requirements.map(named(["id", "text", "instructions", "files", "tests", "state"])),
  retention: raw.retention.map(named(["step", "named", "stood"])),
  contexts: raw.contexts.map(named(["name", "letters", "tokens"])),
};

// The map of files of the page of a trace is drawn here as well: this is what it asks for.
const BESIDE = matchMedia("(min-width: 1000px)");
const text = (number) => run.heat.paths[number] ?? "";
const select = () => {};
