// The parts of the page, from the whole to the detail.

const BESIDE = matchMedia("(min-width: 1000px)");

const section = (id, title, content) =>
  content ? el("section", { id, "aria-labelledby": `${id}-title` }, el("h2", { id: `${id}-title` }, title), content) : null;

let runs = null;

const treeAndDetails = (trace) => {
  if (BESIDE.matches) view.selected = 0;
  const [tree, details] = [new Tree(trace), new Details(trace)];
  return el("div", { class: "split" }, tree.node, details.node);
};

const pick = (number) => {
  const trace = traceAt(number);
  Object.assign(view, { trace, tree: null, selected: -1, watchers: [] });
  drawHeader(trace, pick);
  runs ??= data.runs && new Runs(pick);
  const flame = trace.spans.length ? new Flame(trace) : null;
  const sections = [
    section("timeline", "Timeline", flame?.node),
    section("spans", "Spans", trace.spans.length ? treeAndDetails(trace) : null),
    section("chats", "Chats", drawChats(trace)),
    section("merged", "All chats, merged", drawMerged(trace)),
    section("runs", data.runs?.unit === "call" ? "Calls compared" : "Runs compared", runs?.node),
    section("files", "Files", drawFiles(trace)),
    section("parameters", "Hyperparameters", drawParameters(trace)),
  ].filter(Boolean);
  refill(document.getElementById("main"), sections.length ? sections : el("p", { class: "hint" }, "Nothing was recorded in this trace."));
  refill(document.getElementById("sections"), sections.length > 1 ? sections.map((part) => el("a", { href: `#${part.id}` }, part.firstChild.textContent)) : null);
  flame?.draw();
  runs?.mark();
};

const arrange = () => root.classList.toggle("beside", BESIDE.matches);
BESIDE.addEventListener("change", arrange);
arrange();
try {
  if (data.traces.length) pick(0);
  else refill(document.getElementById("main"), el("h1", {}, "No traces"), el("p", { class: "hint" }, "No trace was given to this page."));
} catch (error) {
  noteFault(error.stack ?? error);
  document.getElementById("main").prepend(el("p", { class: "problem" }, `This page could not be drawn whole: ${error}`));
}
root.dataset.ready = "true";
