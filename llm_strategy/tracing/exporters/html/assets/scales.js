// Where a value stands on an axis, from 0 (bottom) to 1 (top), and which colour it has.

const STOPS = [[84, 116, 232], [178, 84, 168], [214, 110, 20]];

const colourAt = (share) => {
  const place = Math.max(0, Math.min(share, 1)) * (STOPS.length - 1);
  const low = Math.min(Math.floor(place), STOPS.length - 2);
  return `rgb(${STOPS[low].map((one, channel) => Math.round(one + (STOPS[low + 1][channel] - one) * (place - low))).join(" ")})`;
};

// Numbers that spread over orders of magnitude, as learning rates and costs do, stand on a logarithmic axis.
const numberScale = (values) => {
  const known = values.filter((value) => value !== null);
  const [low, high] = [known.reduce((a, b) => Math.min(a, b)), known.reduce((a, b) => Math.max(a, b))];
  const logarithmic = low > 0 && high / low > 100;
  const [from, to] = logarithmic ? [Math.log(low), Math.log(high)] : [low, high];
  const at = (value) => (value === null ? null : to === from ? 0.5 : ((logarithmic ? Math.log(value) : value) - from) / (to - from));
  const value = (share) => (logarithmic ? Math.exp(from + share * (to - from)) : from + share * (to - from));
  const ticks = to === from ? [[0.5, figure(low)]] : [0, 0.25, 0.5, 0.75, 1].map((share) => [share, figure(Number(value(share).toPrecision(3)))]);
  return { at, ticks, logarithmic };
};

const categoryScale = (values) => {
  const known = [...new Set(values.filter((value) => value !== null))].sort();
  const share = (place) => (known.length === 1 ? 0.5 : place / (known.length - 1));
  const places = new Map(known.map((value, place) => [value, share(place)]));
  const every = Math.ceil(known.length / 14);
  return { at: (value) => places.get(value) ?? null, ticks: known.map((value, place) => [share(place), value]).filter((_, place) => place % every === 0) };
};

const scaleOf = (axis) => (axis.kind === "number" ? numberScale(axis.values) : categoryScale(axis.values));
