// Messages as bubbles. Long texts are cut until somebody asks for all of them.

const LONG = 1500;
const MANY_LINES = 18;

const longText = (whole, tag = "div", name = "said") => {
  let end = whole.length > LONG ? LONG : whole.length;
  for (let line = 0, at = -1; line < MANY_LINES; line += 1) {
    at = whole.indexOf("\n", at + 1);
    if (at < 0) break;
    if (line === MANY_LINES - 1) end = Math.min(end, at);
  }
  if (whole.length - end < 200) return el(tag, { class: name }, whole);
  const box = el(tag, { class: name }, whole.slice(0, end), "…");
  const switcher = button(`Show all ${count(whole.length)} characters`, () => {
    const folded = switcher.getAttribute("aria-expanded") === "false";
    refill(box, folded ? whole : `${whole.slice(0, end)}…`);
    switcher.setAttribute("aria-expanded", String(folded));
    refill(switcher, folded ? "Show less" : `Show all ${count(whole.length)} characters`);
  }, { class: "more", "aria-expanded": "false" });
  return el("div", { class: "long" }, box, switcher);
};

const partBox = (part) => {
  if (part.kind === "text") return longText(part.text);
  const titles = { reasoning: "reasoning", tool_call: `calls ${part.tool || "a tool"}`, tool_result: `result${part.tool ? ` of ${part.tool}` : ""}`, other: part.tool || "other" };
  return el("div", { class: `part ${part.kind}` }, el("div", { class: "part-title" }, titles[part.kind]), longText(pretty(part.text), "pre", "code"));
};

const ROLES = { system: "system", developer: "system", user: "user", human: "user", assistant: "assistant", ai: "assistant", tool: "tool" };

const bubble = (message, { mark = "", note = "", content = null } = {}) =>
  el(
    "div",
    { class: `bubble r-${ROLES[message.role] ?? "other"} ${mark}` },
    el("div", { class: "role" }, message.role || "unknown", note ? el("span", { class: "note" }, note) : null),
    content ?? (message.parts.length ? message.parts.map(partBox) : el("div", { class: "said faint" }, "(not captured)")),
  );

const bubbles = (messages) => el("div", { class: "bubbles" }, messages.map((message) => bubble(message)));
