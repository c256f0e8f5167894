// Making elements. Texts become text nodes: nothing from the data is ever read as markup.

const root = document.documentElement;
const faults = [];
const noteFault = (what) => {
  faults.push(String(what));
  root.dataset.errors = faults.join("\n");
};
window.addEventListener("error", (event) => noteFault(event.message || "a part of the page did not load"));
window.addEventListener("unhandledrejection", (event) => noteFault(event.reason));
document.addEventListener("securitypolicyviolation", (event) => noteFault(`refused: ${event.violatedDirective}`));

// Characters that a terminal or the direction of text obeys are written out, so that nothing can hide behind them.
const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g;
const visible = (text) =>
  String(text).replace(/\r\n/g, "\n").replace(HIDDEN, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`);

const SVG = "http://www.w3.org/2000/svg";

const fill = (node, children) => {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : visible(child));
  }
  return node;
};

const el = (tag, properties, ...children) => {
  const node = tag.startsWith("svg:") ? document.createElementNS(SVG, tag.slice(4)) : document.createElement(tag);
  for (const [name, value] of Object.entries(properties || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "style") for (const [key, one] of Object.entries(value)) node.style.setProperty(key, one);
    else node.setAttribute(name, value === true ? "" : visible(value));
  }
  return fill(node, children);
};

const button = (label, act, properties) => el("button", { type: "button", onclick: act, ...properties }, label);

const refill = (node, ...children) => {
  node.replaceChildren();
  return fill(node, children);
};

// A list that grows on demand: `size` items, then a button for as many again.
const growing = (items, size, draw, noun) => {
  const list = el("div", { class: "growing" });
  const more = button("", () => grow(), { class: "more" });
  let shown = 0;
  const grow = () => {
    const first = shown;
    for (; shown < Math.min(items.length, first + size); shown += 1) list.insertBefore(draw(items[shown], shown), more);
    more.hidden = shown >= items.length;
    refill(more, `Show ${Math.min(size, items.length - shown)} more of ${items.length - shown} ${noun}`);
  };
  list.append(more);
  grow();
  return list;
};

// A part that opens under a button, drawn when it is opened for the first time.
let folds = 0;
const folding = (head, draw, { open = false, kind = "" } = {}) => {
  const id = `fold-${(folds += 1)}`;
  const body = el("div", { id, class: "fold-body", hidden: true });
  const toggle = (wanted) => {
    if (wanted && !body.hasChildNodes()) fill(body, [draw()]);
    body.hidden = !wanted;
    opener.setAttribute("aria-expanded", String(wanted));
  };
  const opener = el(
    "button",
    { type: "button", class: "fold-head", "aria-expanded": "false", "aria-controls": id, onclick: () => toggle(body.hidden) },
    el("span", { class: "twist", "aria-hidden": "true" }),
    head,
  );
  const whole = el("div", { class: `fold ${kind}` }, opener, body);
  if (open) toggle(true);
  return whole;
};

// Drawing changes sizes itself: it waits for the next frame, so that one change does not answer another without end.
const onResize = (node, act) => new ResizeObserver(() => requestAnimationFrame(act)).observe(node);
