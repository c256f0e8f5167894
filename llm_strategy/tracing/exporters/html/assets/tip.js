// One tooltip for all parts of the page, at the pointer or under what has the focus.

const tip = (() => {
  const box = el("div", { id: "tip", role: "tooltip", hidden: true });
  document.body.append(box);
  const place = (left, top) => {
    const { offsetWidth: width, offsetHeight: height } = box;
    box.style.left = `${Math.max(8, Math.min(left + 12, root.clientWidth - width - 8))}px`;
    box.style.top = `${top + 16 + height > window.innerHeight ? Math.max(8, top - height - 10) : top + 16}px`;
  };
  return {
    show(content, left, top) {
      refill(box, content);
      box.hidden = false;
      place(left, top);
    },
    under(content, node) {
      const { left, bottom } = node.getBoundingClientRect();
      this.show(content, Math.max(left, 0), bottom - 10);
    },
    hide() {
      box.hidden = true;
    },
  };
})();
document.addEventListener("keydown", (event) => event.key === "Escape" && tip.hide());
document.addEventListener("scroll", () => tip.hide(), { capture: true, passive: true });

const facts = (rows) =>
  el("dl", { class: "facts" }, rows.filter(([, value]) => value !== null && value !== undefined && value !== "").map(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));

const spanTip = (trace, span) => [
  el("div", { class: "tip-title" }, el("span", { class: `dot k-${span.failed ? "error" : span.kind}` }), span.title),
  span.preview ? el("div", { class: span.failed ? "tip-error" : "tip-preview" }, span.preview) : null,
  facts([
    ["kind", span.kind],
    ["took", duration(span.length)],
    ["after", duration(span.start)],
    ["tokens in", span.usage.chats ? tokens(span.usage.input, span.usage) : null],
    ["tokens out", span.usage.chats ? tokens(span.usage.output, span.usage) : null],
    ["cost", span.usage.chats ? cost(span.usage) : null],
    ["retries", span.usage.retries || null],
  ]),
];
