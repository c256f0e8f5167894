// All conversations in one tree: what several begin with stands there once.

const [SAID_HERE, ENDED_IN_ERROR, NOT_CAPTURED] = [1, 2, 4];

const drawMerged = (trace) => {
  const nodes = trace.chats.map(([parent, role, content, chats, flags]) => ({ parent, role: text(role), content, chats, flags, next: [] }));
  if (!nodes.length) return null;
  const tops = [];
  for (const node of nodes) (node.parent < 0 ? tops : nodes[node.parent].next).push(node);
  return el("div", { class: "merged" }, branches(tops, 0));
};

const messageLine = (node) => {
  const whole = node.flags & NOT_CAPTURED ? "" : text(node.content);
  const line = el("span", { class: "preview" }, whole ? oneLine(whole, 220) : node.flags & NOT_CAPTURED ? "(not captured)" : "(nothing said)");
  return [
    el("span", { class: `role r-${ROLES[node.role] ?? "other"}` }, node.role || "unknown"),
    line,
    node.flags & ENDED_IN_ERROR ? el("span", { class: "badge bad" }, "no reply") : null,
    node.chats.length > 1 ? el("span", { class: "badge quiet", title: "chats with this message" }, `× ${count(node.chats.length)}`) : null,
  ];
};

const messageText = (node) => [
  oneLine(text(node.content), 120) === text(node.content) ? null : longText(text(node.content)), // else the line says it all
  node.chats.length ? button(node.chats.length > 1 ? "First chat with it" : "Details", () => select(node.chats[0], "merged"), { class: "link" }) : null,
];

const messageFold = (node) => folding(messageLine(node), () => messageText(node), { kind: "line" });

// What followed a message, as long as only one thing did; then the branches.
const following = (first, depth) => {
  const chain = [];
  let node = first;
  for (; node.next.length === 1; [node] = node.next) chain.push(node.next[0]);
  return [chain.length ? growing(chain, 100, messageFold, "messages") : null, node.next.length ? branches(node.next, depth + 1) : null];
};

const branches = (nodes, depth) =>
  el("div", { class: depth ? "branches" : "" }, nodes.length > 1 ? el("p", { class: "hint" }, plural(nodes.length, depth ? "branch" : "beginning", depth ? "branches" : "beginnings")) : null, growing(nodes, 12, (node) => branch(node, depth, nodes.length), depth ? "branches" : "beginnings"));

const branch = (node, depth, siblings) => {
  if (siblings === 1) return el("div", {}, messageFold(node), following(node, depth));
  const body = () => [el("div", { class: "line" }, el("div", { class: "fold-body" }, messageText(node))), following(node, depth)];
  return folding(messageLine(node), body, { open: siblings <= 3 && depth < 3, kind: "branch" });
};
