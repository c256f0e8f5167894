// Which spans the tree keeps: those that hold a text, or failed, and all that they stand in.

const holds = (needle) => {
  const numbers = new Set();
  data.texts.forEach((one, number) => one.toLowerCase().includes(needle) && numbers.add(number));
  const inAttributes = (rows) => rows.some(([, number]) => numbers.has(number));
  const inMessages = (rows) => (rows ?? []).some(([, parts]) => parts.some(([, said, tool]) => numbers.has(said) || numbers.has(tool)));
  return (span) =>
    span.name.toLowerCase().includes(needle) ||
    span.kind === needle ||
    span.message.toLowerCase().includes(needle) ||
    inAttributes(span.rows.attributes) ||
    inMessages(span.rows.asked) ||
    inMessages(span.rows.said) ||
    span.rows.events.some(([name, , rows]) => numbers.has(name) || inAttributes(rows));
};

// Return the spans that match, and those to show for them; null where everything is shown.
const filtered = (trace, query, errorsOnly) => {
  const needle = query.trim().toLowerCase();
  if (!needle && !errorsOnly) return null;
  const fits = needle ? holds(needle) : () => true;
  const found = trace.spans.filter((span) => (!errorsOnly || span.failed) && fits(span));
  const kept = new Set();
  for (const span of found) for (let at = span.at; at >= 0 && !kept.has(at); at = trace.spans[at].parent) kept.add(at);
  return { found: new Set(found.map((span) => span.at)), kept };
};
