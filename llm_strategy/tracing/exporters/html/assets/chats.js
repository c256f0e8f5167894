// Each prompt with its replies: the first in full, later ones by what was added to the one before.

const chatHead = (trace, chat, number, many) => {
  const attempt = around(trace, chat, ["attempt"]);
  const label = attempt ? attempt.name : `request ${number + 1}`;
  const known = chat.attributes;
  const told = [
    known.get(NAME.model) ?? known.get(NAME.requested),
    duration(chat.length),
    chat.hit || !(known.has(NAME.input) || known.has(NAME.output)) ? null : `${count(chat.usage.input)} in, ${count(chat.usage.output)} out`,
    chat.hit ? "from the cache" : chat.usage.unmeasured ? "tokens unknown" : null,
    chat.hit ? null : chat.usage.unpriced ? "cost unknown" : cost(chat.usage),
    [known.get(NAME.finish) ?? []].flat().filter((one) => one !== "stop").join(", "),
  ].filter(Boolean);
  return el("div", { class: "chat-head" }, many ? el("b", {}, label) : null, attempt?.attempt > 1 ? el("span", { class: "badge warn" }, `retry ${attempt.attempt - 1}`) : null, el("span", { class: "faint" }, told.join(" · ")), button("Details", () => select(chat.at, "chats"), { class: "link" }));
};

const chatBody = (trace, chats) =>
  chats.map((chat, number) => {
    const { asked, said } = chat;
    const before = number ? chats[number - 1].asked : null;
    const attempt = around(trace, chat, ["attempt"]);
    const problem = chat.failed ? chat : attempt?.failed ? attempt : null;
    return el(
      "div",
      { class: "chat" },
      chatHead(trace, chat, number, chats.length > 1),
      asked ? (before ? differenceOf(before, asked) : bubbles(asked)) : el("p", { class: "hint" }, "The texts of this prompt were not captured."),
      said ? bubbles(said) : null,
      problem ? el("div", { class: "problem" }, el("b", {}, chat.failed ? "No reply: " : "Not usable: "), longText(problem.message)) : null,
    );
  });

const promptCard = (trace, [place, places], open) => {
  const prompt = trace.spans[place];
  const chats = places.map((at) => trace.spans[at]);
  const asker = around(trace, prompt, ["function", "step"]) ?? prompt;
  const retries = prompt.usage.retries;
  const head = [
    el("span", { class: "card-title" }, el("b", {}, asker.title), el("span", { class: "preview" }, spread(asker.attributes.get(NAME.arguments) ?? ""))),
    el("span", { class: "card-facts" }, prompt.failed ? el("span", { class: "badge bad" }, "failed") : null, retries ? el("span", { class: "badge warn" }, plural(retries, "retry", "retries")) : null, prompt.usage.hits ? el("span", { class: "badge good" }, "cache hit") : null, el("span", { class: "faint" }, `${tokens(prompt.usage.input + prompt.usage.output, prompt.usage, compact)} tokens · ${duration(prompt.length)}`)),
  ];
  return folding(head, () => chatBody(trace, chats), { open, kind: "card" });
};

const drawChats = (trace) => {
  if (!trace.prompts.length) return null;
  const of = (test) => trace.prompts.filter(([place]) => test(trace.spans[place]));
  const choices = [
    ["All", trace.prompts],
    ["With retries", of((span) => span.usage.retries > 0)],
    ["Failed", of((span) => span.failed)],
  ].filter(([, found]) => found.length);
  const list = el("div", {});
  const show = (chosen) => {
    refill(list, growing(choices[chosen][1], 10, (prompt, number) => promptCard(trace, prompt, number === 0), "prompts"));
    [...buttons.children].forEach((one, number) => one.setAttribute("aria-pressed", String(number === chosen)));
  };
  const buttons = el("div", { class: "tools", role: "group", "aria-label": "Which prompts" }, choices.map(([name, found], number) => button(`${name} (${count(found.length)})`, () => show(number))));
  show(0);
  return [choices.length > 1 ? el("div", { class: "bar-above" }, buttons) : null, list];
};
