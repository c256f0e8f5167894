// All that is known of one span.

const block = (title, content) => (content ? el("div", { class: "block" }, el("h4", {}, title), content) : null);

const codeBlock = (title, given) =>
  given === undefined || given === "" ? null : block(title, longText(pretty(typeof given === "string" ? given : written(given)), "pre", "code"));

// What was run and what it printed stand there as they are, whatever they look like.
const plainBlock = (title, given) => (given === undefined || given === "" ? null : block(title, longText(shownValue(given), "pre", "code")));

const touchedFiles = (span) => {
  const touched = span.kind === "code" ? span.events.filter((event) => event.name === NAME.file) : [];
  return touched.length ? block("Files", growing(touched, 20, (event) => el("div", {}, el("span", { class: "faint" }, `${event.attributes.get(NAME.fileOperation) ?? "other"} `), el("span", { class: "mono" }, event.attributes.get(NAME.filePath) ?? "")), "files")) : null;
};

const shownValue = (value) => (typeof value === "string" ? value : written(value));

const attributeTable = (attributes) =>
  el("table", { class: "attributes" }, el("tbody", {}, [...attributes].map(([name, value]) => el("tr", {}, el("th", { scope: "row" }, name), el("td", {}, longText(shownValue(value)))))));

const eventList = (events) =>
  el("ol", { class: "events" }, events.map((event) => el("li", {}, el("span", { class: "mono faint" }, duration(event.when)), " ", el("b", {}, event.name), attributeTable([...event.attributes].filter(([name]) => name !== NAME.stack)), event.attributes.get(NAME.stack) ? folding("Stack", () => longText(event.attributes.get(NAME.stack), "pre", "code")) : null)));

const BLOCKS = [
  ["Arguments", NAME.arguments],
  ["Result", NAME.result],
  ["Arguments of the tool", NAME.toolArguments],
  ["Result of the tool", NAME.toolResult],
];

const FOLDED = [
  ["Schema", NAME.schema],
  ["Hyperparameters set", NAME.hyperparameters],
  ["Hyperparameters used", NAME.operative],
];

const factsOf = (span) => {
  const known = span.attributes;
  const several = span.kind !== "chat";
  return facts([
    ["took", duration(span.length)],
    ["began after", duration(span.start)],
    ["sandbox", known.get(NAME.sandbox)],
    ["run again before it", known.get(NAME.codeRestored) ? plural(known.get(NAME.codeRestored), "action") : null],
    ["model", known.get(NAME.model) ?? known.get(NAME.requested)],
    ["attempt", known.get(NAME.attempt)],
    ["method", known.get(NAME.method)],
    ["reasoning", known.get(NAME.reasoning)],
    ["finish", [known.get(NAME.finish) ?? []].flat().join(", ")],
    ["first chunk", known.has(NAME.firstChunk) ? duration(Math.round(known.get(NAME.firstChunk) * 1e6)) : null],
    ["chats", several && span.usage.chats ? count(span.usage.chats) : null],
    ["tokens in", span.usage.chats ? `${tokens(span.usage.input, span.usage)}${known.get(NAME.cached) ? ` (${count(known.get(NAME.cached))} cached)` : ""}` : null],
    ["tokens out", span.usage.chats ? `${tokens(span.usage.output, span.usage)}${known.get(NAME.thought) ? ` (${count(known.get(NAME.thought))} reasoning)` : ""}` : null],
    ["cost", span.usage.chats ? cost(span.usage) : null],
    ["cache", span.hit ? "hit: nobody was asked" : null],
    ["not captured", known.has(NAME.dropped) ? `${known.get(NAME.dropped)} characters` : null],
  ]);
};

const detailsOf = (span) => {
  const known = span.attributes;
  const fold = (title, draw) => folding(title, draw, { kind: "block" });
  return [
    factsOf(span),
    span.missing ? el("p", { class: "hint" }, "This span is not in the file; it is known from those inside it.") : null,
    span.failed ? el("div", { class: "problem" }, longText(span.message || "It failed, and gave no message.")) : null,
    BLOCKS.map(([title, name]) => codeBlock(title, known.get(name))),
    plainBlock("Code", known.get(NAME.code)),
    plainBlock("Output of the code", known.get(NAME.codeOutput)),
    touchedFiles(span),
    span.said ? block("Reply", bubbles(span.said)) : null,
    span.asked ? fold(`Prompt: ${plural(span.asked.length, "message")}`, () => bubbles(span.asked)) : null,
    FOLDED.filter(([, name]) => known.has(name)).map(([title, name]) => fold(title, () => longText(pretty(shownValue(known.get(name))), "pre", "code"))),
    span.events.length ? fold(`Events: ${span.events.length}`, () => eventList(span.events)) : null,
    known.size ? fold(`Attributes: ${known.size}`, () => attributeTable(known)) : null,
    el("p", { class: "mono faint small" }, `span ${span.id}`),
  ];
};

class Details {
  constructor(trace) {
    this.trace = trace;
    this.title = el("h3", {});
    this.body = el("div", { class: "details-body", tabindex: "0", role: "group", "aria-label": "What is known of the span" });
    this.node = el("aside", { class: "details", "aria-label": "Selected span" }, el("div", { class: "details-head" }, this.title, button("Close", () => select(-1, "details"), { class: "close" })), this.body);
    view.watchers.push((at, from) => {
      this.draw(at);
      if (root.classList.contains("beside") && ["chats", "merged", "runs", "files"].includes(from)) this.node.parentNode.scrollIntoView();
    });
    this.draw(view.selected);
  }

  draw(at) {
    const span = this.trace.spans[at];
    this.node.classList.toggle("empty", !span);
    refill(this.title, span ? [el("span", { class: `dot k-${span.failed ? "error" : span.kind}` }), span.title, " ", el("small", {}, span.kind)] : "No span selected");
    refill(this.body, span ? detailsOf(span) : el("p", { class: "hint" }, "Select a span to see its texts, values and events."));
    this.body.scrollTop = 0;
  }
}
