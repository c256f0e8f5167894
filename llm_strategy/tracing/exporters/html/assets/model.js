// The data of the page, with names instead of places.

const data = JSON.parse(document.getElementById("data").textContent);
const text = (number) => data.texts[number] ?? "";

const NAME = {
  arguments: "llm_strategy.arguments",
  result: "llm_strategy.result",
  schema: "llm_strategy.schema",
  hyperparameters: "llm_strategy.hyperparameters",
  operative: "llm_strategy.hyperparameters.operative",
  code: "llm_strategy.code",
  codeOutput: "llm_strategy.code.output",
  codeRestored: "llm_strategy.code.restored",
  sandbox: "llm_strategy.sandbox",
  file: "llm_strategy.file",
  fileOperation: "llm_strategy.file.operation",
  filePath: "file.path",
  toolArguments: "gen_ai.tool.call.arguments",
  toolResult: "gen_ai.tool.call.result",
  attempt: "llm_strategy.attempt",
  cacheHit: "llm_strategy.cache.hit",
  cancelled: "llm_strategy.cancelled",
  method: "llm_strategy.method",
  reasoning: "llm_strategy.reasoning",
  model: "gen_ai.response.model",
  requested: "gen_ai.request.model",
  finish: "gen_ai.response.finish_reasons",
  firstChunk: "gen_ai.response.time_to_first_chunk",
  input: "gen_ai.usage.input_tokens",
  output: "gen_ai.usage.output_tokens",
  cached: "gen_ai.usage.cache_read.input_tokens",
  thought: "gen_ai.usage.reasoning.output_tokens",
  stack: "exception.stacktrace",
  dropped: "llm_strategy.dropped_characters",
};

const attributesOf = (rows) => new Map(rows.map(([name, number, value]) => [text(name), number < 0 ? value : text(number)]));

const messagesOf = (rows) =>
  rows && rows.map(([role, parts]) => ({ role: text(role), parts: parts.map(([kind, said, tool]) => ({ kind, text: text(said), tool: text(tool) })) }));

class Span {
  constructor(row, at) {
    const [parent, lane, id, kind, name, start, length, status, message, attributes, events, usage, asked, said] = row;
    Object.assign(this, { at, parent, lane, id, kind, start, length, failed: status === 2, children: [], depth: 0 });
    this.missing = name >= 0 && text(name) === "";
    this.name = this.missing ? "(not recorded)" : text(name);
    this.message = text(message);
    this.rows = { attributes, events, asked, said };
    const [chats, retries, errors, hits, input, output, unmeasured, known, unpriced] = usage;
    this.usage = { chats, retries, errors, hits, input, output, unmeasured, known, unpriced };
  }

  get attributes() {
    return (this.attributesRead ??= attributesOf(this.rows.attributes));
  }

  get events() {
    return this.rows.events.map(([name, when, rows]) => ({ name: text(name), when, attributes: attributesOf(rows) }));
  }

  get asked() {
    return messagesOf(this.rows.asked);
  }

  get said() {
    return messagesOf(this.rows.said);
  }

  get attempt() {
    return this.attributes.get(NAME.attempt) ?? 1;
  }

  get hit() {
    return this.attributes.get(NAME.cacheHit) === true;
  }

  get title() {
    return this.kind === "function" ? shortName(this.name) : this.name;
  }

  // What tells this span from the others with its name.
  get preview() {
    if (this.failed) return oneLine(this.message);
    const given = this.attributes.get({ function: NAME.arguments, tool: NAME.toolArguments, code: NAME.code }[this.kind]);
    if (given) return spread(given);
    return this.kind === "chat" ? oneLine((this.said ?? []).flatMap((one) => one.parts.map((part) => part.text)).join(" ")) : "";
  }
}

const spread = (given) => {
  const value = parsed(given);
  if (value === null || typeof value !== "object") return oneLine(String(given));
  return oneLine(Object.entries(value).map(([name, one]) => `${name}: ${typeof one === "string" ? one : written(one)}`).join(", "));
};

const traceAt = (() => {
  const known = [];
  return (number) => (known[number] ??= readTrace(data.traces[number], number));
})();

const readTrace = (raw, number) => {
  const spans = raw.spans.map((row, at) => new Span(row, at));
  const after = spans.map((span) => span.at + 1); // the place behind everything inside a span
  for (const span of spans) {
    if (span.parent < 0) continue;
    spans[span.parent].children.push(span);
    span.depth = spans[span.parent].depth + 1;
  }
  for (let at = spans.length - 1; at >= 0; at -= 1) {
    const { parent } = spans[at];
    if (parent >= 0) after[parent] = Math.max(after[parent], after[at]);
  }
  return { ...raw, number, spans, after, length: Math.max(raw.length, 1) };
};

const around = (trace, span, kinds) => {
  for (let at = span.at; at >= 0; at = trace.spans[at].parent) if (kinds.includes(trace.spans[at].kind)) return trace.spans[at];
  return null;
};

const lengthOf = (trace, span) => span.length ?? Math.max(trace.length - span.start, 0);

// Which trace is shown, and which of its spans; the parts of the page follow.
const view = { trace: null, tree: null, selected: -1, watchers: [] };
const select = (at, from) => {
  view.selected = at;
  for (const watch of view.watchers) watch(at, from);
};
