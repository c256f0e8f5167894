// Candidates as lines through their hyperparameters, their scores and their cost: drawn as the runs of traces are.

class Candidates extends Runs {
  constructor() {
    super(() => {});
    for (const line of this.lines) line.label = `#${line.span}, ${line.label.slice(line.label.indexOf(" ") + 1)}`;
    this.plot.classList.toggle("many", this.lines.length > 150);
    this.drawTable(this.tinted, true);
    chosen.watchers.push(() => this.mark());
  }

  drawTable(sorted = null, down = false) {
    super.drawTable(sorted, down);
    const head = this.table.querySelector("thead th");
    if (head) refill(head, "Candidate");
  }

  mark() {
    this.drawn?.forEach((line, at) => line.classList.toggle("current", this.lines[at].span === chosen.one?.number));
  }
}
