// What it is, when it was, how it ended, and what it cost.

const STATES = {
  finished: ["Finished", "good"],
  failed: ["Failed", "bad"],
  open: ["No end recorded: still running, or stopped", "warn"],
  partial: ["Partial: the session was not recorded", "warn"],
  empty: ["No spans", "warn"],
};

const stat = (name, value, note, mood = "") =>
  el("div", { class: `stat ${mood}` }, el("dt", {}, name), el("dd", {}, el("b", {}, value), note ? el("small", {}, note) : null));

const statsOf = (trace) => {
  const sums = trace.totals;
  const known = { known: sums.known_cost, unpriced: sums.unpriced };
  const silent = sums.unmeasured ? `${plural(sums.unmeasured, "request")} reported none` : null;
  const part = (number, kind) => (number || !silent ? `${compact(number)} ${kind}` : null);
  return el(
    "dl",
    { class: "stats" },
    stat("Wall time", trace.spans.length ? duration(Math.round(sums.seconds * 1e6)) : "–"),
    stat("Calls", count(sums.calls), plural(sums.chats, "chat")),
    sums.actions ? stat("Actions", count(sums.actions)) : null,
    stat("Retries", count(sums.retries), null, sums.retries ? "warn" : ""),
    stat("Errors", count(sums.errors), null, sums.errors ? "bad" : ""),
    stat("Tokens in", tokens(sums.input_tokens, sums, compact), [part(sums.cached_tokens, "cached"), silent].filter(Boolean).join(", ")),
    stat("Tokens out", tokens(sums.output_tokens, sums, compact), part(sums.reasoning_tokens, "reasoning")),
    stat("Cost", sums.chats ? cost(known) : "–", sums.unpriced ? `${plural(sums.unpriced, "request")} without a price` : null),
    stat("Cache hits", count(sums.cache_hits)),
    Object.entries(trace.scores).map(([name, score]) => stat(name === "score" ? "Score" : name, figure(score), null, "good")),
  );
};

const picker = (trace, pick) => {
  if (data.traces.length < 2) return null;
  const list = el(
    "select",
    { id: "picker", onchange: (event) => pick(Number(event.target.value)) },
    data.traces.map((one, number) => el("option", { value: number, selected: number === trace.number }, `${number + 1}. ${oneLine(one.name, 60)}`)),
  );
  return el("div", { class: "picker" }, el("label", { for: "picker" }, `Trace, of ${data.traces.length}`), list);
};

const drawHeader = (trace, pick) => {
  const [state, mood] = STATES[trace.state];
  const when = new Date(trace.began);
  refill(
    document.getElementById("top"),
    el(
      "div",
      { class: "title" },
      el("div", {}, el("h1", {}, trace.name), el(
        "p",
        { class: "about" },
        el("span", { class: `state ${mood}` }, state),
        trace.spans.length ? el("time", { datetime: when.toISOString(), title: when.toISOString() }, when.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" })) : null,
        el("span", {}, plural(trace.spans.length, "span")),
        trace.file ? el("span", { class: "mono" }, trace.file) : null,
        trace.id ? el("span", { class: "mono faint", title: "id of the trace" }, trace.id.slice(0, 12)) : null,
      )),
      picker(trace, pick),
    ),
    trace.spans.length ? statsOf(trace) : null,
  );
};
