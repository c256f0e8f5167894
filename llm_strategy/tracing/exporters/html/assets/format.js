// Numbers and texts as people read them.

const duration = (micro) => {
  if (micro === null || micro === undefined) return "open";
  if (micro === 0) return "0 s";
  if (micro < 1e3) return `${micro} µs`;
  if (micro < 1e6) return `${(micro / 1e3).toPrecision(micro < 1e4 ? 2 : 3).replace(/\.0$/, "")} ms`;
  if (micro < 6e7) return `${(micro / 1e6).toFixed(micro < 1e7 ? 2 : 1)} s`;
  const seconds = Math.round(micro / 1e6);
  return seconds < 3600
    ? `${Math.floor(seconds / 60)} min ${seconds % 60} s`
    : `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
};

const count = (number) => Math.round(number).toLocaleString("en-US");
const compact = (number) =>
  number < 1e4 ? count(number) : new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 }).format(number);

const dollars = (amount) => (amount === 0 ? "$0" : amount >= 1 ? `$${amount.toFixed(2)}` : `$${amount.toLocaleString("en-US", { maximumSignificantDigits: 3 })}`);

// What a cost is, said honestly: where the price of a request is not known, the sum is a lower bound at most.
const cost = ({ known, unpriced }) => (unpriced ? (known ? `≥ ${dollars(known)}` : "unknown") : dollars(known));

// The same for tokens: requests that reported none make a sum a lower bound at most.
const tokens = (sum, { unmeasured }, form = count) => (unmeasured ? (sum ? `≥ ${form(sum)}` : "unknown") : form(sum));

const figure = (value) => {
  if (typeof value !== "number") return String(value);
  const size = Math.abs(value);
  if (value === 0 || Number.isInteger(value)) return size < 1e5 ? String(value) : compact(value);
  return size >= 1e-3 && size < 1e5 ? String(Number(value.toPrecision(4))) : value.toExponential(2);
};

const plural = (number, noun, many = `${noun}s`) => `${count(number)} ${number === 1 ? noun : many}`;

const shortName = (name) => name.split(".").slice(-2).join(".");

const parsed = (text) => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

// Data from a file may be nested deeper than can be written out.
const written = (value, indent) => {
  try {
    return JSON.stringify(value, null, indent);
  } catch {
    return "(too deep)";
  }
};

const pretty = (text) => {
  const value = text.length < 1e6 ? parsed(text) : null;
  return value !== null && typeof value === "object" ? written(value, 2) : text;
};

const oneLine = (text, most = 160) => {
  const line = text.slice(0, most * 2).replace(/\s+/g, " ").trim();
  return line.length > most ? `${line.slice(0, most)}…` : line;
};
