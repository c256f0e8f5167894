// What changed from one prompt to the next.

const same = (one, other) => one.role === other.role && one.parts.length === other.parts.length && one.parts.every((part, at) => part.kind === other.parts[at].kind && part.text === other.parts[at].text && part.tool === other.parts[at].tool);

// Words of two messages are compared where enough of them is the same; else one has taken the place of the other.
const alike = (before, after) => {
  const [old, fresh] = [plainText(before), plainText(after)];
  const kept = comparedWords(old, fresh).reduce((sum, [kind, piece]) => sum + (kind === "kept" ? piece.length : 0), 0);
  return kept >= 0.5 * Math.max(old.length, fresh.length);
};

// Messages at the beginning and the end that are the same in both are kept; between them, messages of one role are
// compared word by word.
const comparedMessages = (before, after) => {
  const short = Math.min(before.length, after.length);
  let head = 0;
  while (head < short && same(before[head], after[head])) head += 1;
  let tail = 0;
  while (tail < short - head && same(before[before.length - 1 - tail], after[after.length - 1 - tail])) tail += 1;
  const old = before.slice(head, before.length - tail);
  const fresh = after.slice(head, after.length - tail);
  const changed = [];
  while (old.length && fresh.length && old[0].role === fresh[0].role && alike(old[0], fresh[0])) changed.push({ kind: "changed", before: old.shift(), message: fresh.shift() });
  return [
    ...after.slice(0, head).map((message) => ({ kind: "kept", message })),
    ...changed,
    ...old.map((message) => ({ kind: "removed", message })),
    ...fresh.map((message) => ({ kind: "added", message })),
    ...after.slice(after.length - tail).map((message) => ({ kind: "kept", message })),
  ];
};

const MOST_WORDS = 600;
const wordsOf = (whole) => whole.match(/\s+|[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu) ?? [];

// Return `[kind, text]` pieces: kept, added or removed. Where the middle is too long to compare, it is replaced as a whole.
const comparedWords = (before, after) => {
  const old = wordsOf(before);
  const fresh = wordsOf(after);
  let head = 0;
  while (head < Math.min(old.length, fresh.length) && old[head] === fresh[head]) head += 1;
  let tail = 0;
  while (tail < Math.min(old.length, fresh.length) - head && old[old.length - 1 - tail] === fresh[fresh.length - 1 - tail]) tail += 1;
  const a = old.slice(head, old.length - tail);
  const b = fresh.slice(head, fresh.length - tail);
  const middle = a.length > MOST_WORDS || b.length > MOST_WORDS ? [["removed", a.join("")], ["added", b.join("")]] : longestCommon(a, b);
  return [["kept", old.slice(0, head).join("")], ...middle, ["kept", old.slice(old.length - tail).join("")]].filter(([, piece]) => piece);
};

const longestCommon = (a, b) => {
  const wide = b.length + 1;
  const best = new Uint16Array((a.length + 1) * wide);
  for (let i = a.length - 1; i >= 0; i -= 1)
    for (let j = b.length - 1; j >= 0; j -= 1)
      best[i * wide + j] = a[i] === b[j] ? best[(i + 1) * wide + j + 1] + 1 : Math.max(best[(i + 1) * wide + j], best[i * wide + j + 1]);
  const pieces = [];
  const push = (kind, word) => (pieces.at(-1)?.[0] === kind ? (pieces.at(-1)[1] += word) : pieces.push([kind, word]));
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) [push("kept", a[i]), (i += 1), (j += 1)];
    else if (j < b.length && (i === a.length || best[i * wide + j + 1] > best[(i + 1) * wide + j])) [push("added", b[j]), (j += 1)];
    else [push("removed", a[i]), (i += 1)];
  }
  return pieces;
};

const plainText = (message) => message.parts.map((part) => part.text).join("\n");

const wordDifference = (before, after) =>
  el("div", { class: "said" }, comparedWords(plainText(before), plainText(after)).map(([kind, piece]) => (kind === "kept" ? keptPiece(piece) : el(kind === "added" ? "ins" : "del", {}, piece))));

const keptPiece = (piece) => (piece.length <= 600 ? piece : [piece.slice(0, 280), el("span", { class: "note" }, ` … ${count(piece.length - 560)} characters as before … `), piece.slice(-280)]);

const differenceOf = (before, after) => {
  const rows = comparedMessages(before, after);
  const kept = rows.filter((row) => row.kind === "kept").map((row) => row.message);
  const shown = rows.filter((row) => row.kind !== "kept");
  return [
    kept.length ? folding(`${plural(kept.length, "message")} as before`, () => bubbles(kept), { kind: "kept" }) : null,
    shown.length ? null : el("p", { class: "hint" }, "The same prompt again."),
    el("div", { class: "bubbles" }, shown.map(({ kind, before: old, message }) => bubble(message, { mark: kind, note: kind, content: kind === "changed" ? wordDifference(old, message) : null }))),
  ];
};
