// Candidates against validation cases: how good each was at each. Drawn on a canvas, as there may be many thousands of
// cells; one of them is the active one, arrow keys and touches move it, and a line below tells it.

const MOST_ROWS = 400;
const ROW = 16;

const heatColour = (share, dark) => {
  const stops = dark ? [[74, 34, 46], [66, 66, 84], [62, 128, 214]] : [[236, 160, 138], [240, 238, 232], [62, 110, 205]];
  const place = Math.max(0, Math.min(1, share)) * 2;
  const low = Math.min(1, Math.floor(place));
  return `rgb(${stops[low].map((one, channel) => Math.round(one + (stops[low + 1][channel] - one) * (place - low))).join(" ")})`;
};
const DARK = matchMedia("(prefers-color-scheme: dark)");

class Cases {
  constructor() {
    this.all = !members.some((one) => one.kept && one.scores.length);
    this.told = el("p", { class: "chart-told", role: "status" });
    this.hint = el("span", { class: "hint" });
    this.switcher = button("Rejected ones too", () => {
      this.all = !this.all;
      this.gather();
      this.draw();
      this.tell();
    }, { hidden: this.all || members.every((one) => one.kept || !one.scores.length) });
    this.canvas = el("canvas", { "aria-hidden": "true" });
    this.names = el("canvas", { class: "row-names", "aria-hidden": "true" });
    this.box = el("div", { class: "cases", tabindex: "0", role: "group", "aria-label": "Scores of candidates at validation cases. Arrow keys move from cell to cell, Enter chooses the candidate.", onkeydown: (event) => this.key(event), onpointermove: (event) => event.pointerType !== "touch" && this.hover(event), onpointerleave: () => tip.hide(), onclick: (event) => this.click(event) }, this.names, this.canvas);
    this.gather();
    this.node = el("div", {}, el("div", { class: "bar-above" }, this.hint, el("div", { class: "tools" }, this.legend(), this.switcher)), this.box, this.told, folding("As a table", () => this.table(), { kind: "plain" }));
    chosen.watchers.push((one) => this.follow(one));
    DARK.addEventListener("change", () => this.draw());
    onResize(this.box, () => this.box.clientWidth !== this.wide && this.draw());
    this.tell();
  }

  // Those past their gates, and the others on demand; of too many, the ones that were tried most.
  gather() {
    const rows = members.filter((one) => one.scores.length && (this.all || one.kept));
    this.rows = rows.length > MOST_ROWS ? [...rows].sort((a, b) => b.kept - a.kept || b.scores.length - a.scores.length || a.number - b.number).slice(0, MOST_ROWS).sort((a, b) => a.number - b.number) : rows;
    this.known = this.rows.map((one) => new Map(one.cases.map((place, at) => [place, one.scores[at]])));
    const sums = raw.cases.map(() => [0, 0]);
    for (const one of this.rows) one.cases.forEach((place, at) => [(sums[place][0] += one.scores[at]), (sums[place][1] += 1)]);
    this.means = sums.map(([sum, many]) => (many ? sum / many : null));
    this.columns = raw.cases.map((_, place) => place).filter((place) => this.means[place] !== null).sort((a, b) => this.means[a] - this.means[b] || a - b);
    const all = this.rows.flatMap((one) => one.scores);
    [this.low, this.high] = [all.reduce((a, b) => Math.min(a, b), Infinity), all.reduce((a, b) => Math.max(a, b), -Infinity)];
    if (this.low >= 0 && this.high <= 1) [this.low, this.high] = [0, 1];
    this.at = [Math.max(0, this.rows.indexOf(chosen.one)), 0];
    const note = rows.length > this.rows.length ? `; ${count(rows.length - this.rows.length)} more have no room` : "";
    refill(this.hint, `${plural(this.rows.length, "candidate")} from top to bottom, ${plural(this.columns.length, "case")} from the hardest to the easiest${note}`);
    this.switcher.setAttribute("aria-pressed", String(this.all));
  }

  legend() {
    return el("div", { class: "legend" }, el("span", {}, score(this.low)), el("canvas", { class: "scale", width: 90, height: 10, "aria-hidden": "true" }), el("span", {}, score(this.high)), el("span", {}, el("span", { class: "sign unknown-sign", "aria-hidden": "true" }), "not tried"));
  }

  share(value) {
    return this.high === this.low ? 0.5 : (value - this.low) / (this.high - this.low);
  }

  draw() {
    this.wide = this.box.clientWidth;
    if (!this.wide) return;
    const style = getComputedStyle(root);
    const [ink, soft, sunk] = ["--ink", "--soft", "--sunk"].map((name) => style.getPropertyValue(name).trim());
    this.side = 52;
    this.cell = Math.max(3, Math.min(38, Math.floor((this.wide - this.side - 4) / this.columns.length)));
    const [width, height] = [this.cell * this.columns.length, ROW * this.rows.length];
    const pen = this.sized(this.canvas, width, height);
    const gap = this.cell > 5 ? 1 : 0;
    this.rows.forEach((_, row) => this.columns.forEach((place, column) => {
      const value = this.known[row].get(place);
      pen.fillStyle = value === undefined ? sunk : heatColour(this.share(value), DARK.matches);
      pen.fillRect(column * this.cell, row * ROW, this.cell - gap, ROW - 1);
    }));
    const names = this.sized(this.names, this.side, height);
    names.font = "11px ui-monospace, Menlo, Consolas, monospace";
    names.textBaseline = "middle";
    this.rows.forEach((one, row) => {
      names.fillStyle = one.number === raw.best ? ink : soft;
      names.fillText(`${one.number === raw.best ? "▸" : isFront(one) ? "·" : " "}${called(one)}`, 0, row * ROW + ROW / 2);
    });
    this.drawScale();
    [this.ink, this.pen] = [ink, pen];
    this.outline();
  }

  sized(canvas, width, height) {
    const ratio = Math.min(2, window.devicePixelRatio || 1);
    canvas.width = width * ratio;
    canvas.height = height * ratio;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    const pen = canvas.getContext("2d");
    pen.scale(ratio, ratio);
    return pen;
  }

  drawScale() {
    const canvas = this.node.querySelector(".scale");
    const pen = canvas.getContext("2d");
    for (let x = 0; x < 90; x += 1) {
      pen.fillStyle = heatColour(x / 89, DARK.matches);
      pen.fillRect(x, 0, 1, 10);
    }
  }

  outline() {
    if (!this.pen) return;
    const [row, column] = this.at;
    this.pen.strokeStyle = this.ink;
    this.pen.lineWidth = 2;
    this.pen.strokeRect(column * this.cell + 1, row * ROW + 1, Math.max(2, this.cell - 2), ROW - 3);
  }

  tell() {
    const [row, column] = this.at;
    const one = this.rows[row];
    const place = this.columns[column];
    if (!one || place === undefined) return;
    const value = this.known[row].get(place);
    refill(this.told, el("b", {}, `Candidate ${called(one)}`), ` at `, el("b", {}, raw.cases[place]), `: ${value === undefined ? "not tried" : score(value)}; all candidates here: ${score(this.means[place])}`);
  }

  place(event) {
    const { left, top } = this.canvas.getBoundingClientRect();
    const [row, column] = [Math.floor((event.clientY - top) / ROW), Math.floor((event.clientX - left) / this.cell)];
    return row >= 0 && row < this.rows.length && column >= 0 && column < this.columns.length ? [row, column] : null;
  }

  hover(event) {
    const at = this.place(event);
    if (!at) return tip.hide();
    const [one, place] = [this.rows[at[0]], this.columns[at[1]]];
    const value = this.known[at[0]].get(place);
    return tip.show([el("div", { class: "tip-title" }, `${called(one)} at ${raw.cases[place]}`), facts([["score", value === undefined ? "not tried" : score(value)], ["all here", score(this.means[place])]])], event.clientX, event.clientY);
  }

  click(event) {
    const at = this.place(event);
    if (!at) return;
    this.move(at);
    choose(this.rows[at[0]]);
  }

  move(at) {
    this.at = at;
    this.draw();
    this.tell();
    const right = this.side + (at[1] + 1) * this.cell;
    if (right > this.box.scrollLeft + this.wide) this.box.scrollLeft = right - this.wide;
    else if (at[1] * this.cell < this.box.scrollLeft) this.box.scrollLeft = at[1] * this.cell;
    const foot = (at[0] + 1) * ROW;
    if (foot > this.box.scrollTop + this.box.clientHeight) this.box.scrollTop = foot - this.box.clientHeight;
    else if (at[0] * ROW < this.box.scrollTop) this.box.scrollTop = at[0] * ROW;
  }

  follow(one) {
    const row = this.rows.indexOf(one);
    if (row >= 0 && row !== this.at[0]) this.move([row, this.at[1]]);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const [row, column] = this.at;
    const next = { ArrowLeft: [row, column - 1], ArrowRight: [row, column + 1], ArrowUp: [row - 1, column], ArrowDown: [row + 1, column], Home: [row, 0], End: [row, this.columns.length - 1] }[event.key];
    if (event.key === "Enter") choose(this.rows[row]);
    else if (next) this.move([Math.max(0, Math.min(this.rows.length - 1, next[0])), Math.max(0, Math.min(this.columns.length - 1, next[1]))]);
    else return;
    event.preventDefault();
  }

  table() {
    const columns = this.columns.slice(0, 40);
    const more = this.columns.length - columns.length;
    return el("div", { class: "scroll tall" }, more ? el("p", { class: "hint" }, `The 40 hardest of ${plural(this.columns.length, "case")}.`) : null, el("table", { class: "grid" }, el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Candidate"), columns.map((place) => el("th", { scope: "col" }, oneLine(raw.cases[place], 24))))), el("tbody", {}, this.rows.slice(0, 100).map((one, row) => el("tr", {}, el("th", { scope: "row" }, called(one)), columns.map((place) => el("td", { class: "number" }, score(this.known[row].get(place)))))))));
  }
}
