"""What was measured, as tables."""

import os

from rich.table import Table

SIGNS = {"right": "ok", "error": "ERR", "none": "NONE", "wrong": "WRONG", "hang": "HANG"}


def speed(rows: dict[str, dict]) -> Table:
    table = Table(title="Speed and size (best of the rounds; ms, s)")
    columns = (
        "peer",
        "channel",
        "import",
        "first call",
        "call (CPU)",
        "500 at once",
        "the same, busy",
        "200 in 16 threads",
    )
    for column in (*columns, "RSS MiB", "tokens (characters)"):
        table.add_column(column, justify="left" if column in columns[:2] else "right")
    for name, row in rows.items():
        if row is None:
            table.add_row(name, "not run")
            continue
        one = row.get("sequential", {})
        table.add_row(
            name,
            one.get("channel", "-") + (" (stream)" if one.get("stream") else ""),
            _number(row.get("package_ms")),
            _number(one.get("first_ms")),
            f"{_number(one.get('call_ms'), 2)} ({_number(one.get('call_cpu_ms'), 2)})",
            _many(row.get("async", {}), "async_s"),
            _many(row.get("busy", {}), "async_s"),
            _many(row.get("threads", {}), "threads_s"),
            _number(one.get("rss_mib")),
            f"{one.get('prompt_tokens', '-')} ({one.get('prompt_chars', '-')})",
        )
    return table


def robustness(rows: dict[str, dict], modes: list[str]) -> Table:
    table = Table("mode", title="What came of each mode (requests sent)")
    there = {name: row for name, row in rows.items() if row is not None and row.get("robust")}
    for name in there:
        table.add_column(name)
    for mode in modes:
        table.add_row(mode, *(_cell(row["robust"].get(mode)) for row in there.values()))
    table.add_row("right", *(str(right(row)) for row in there.values()))
    return table


def notes(rows: dict[str, dict]) -> str:
    lines = [f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} at the end."]
    for name, row in rows.items():
        if row is not None:
            versions = ", ".join(f"{package} {version}" for package, version in row.get("versions", {}).items())
            lines.append(f"{name}: {row.get('settings', '')} {versions}".rstrip(": "))
    lines.append("import: of the package alone, as in a user's first line; what it defers is in its first call.")
    return "\n".join(lines)


def goals(found: list) -> Table:
    table = Table("goal", "measured", "wanted", "")
    for goal in found:
        table.add_row(goal.name, goal.measured, goal.wanted, "ok" if goal.met else "short")
    return table


def right(row: dict) -> int:
    return sum(cell.get("outcome") == "right" for cell in row.get("robust", {}).values() if isinstance(cell, dict))


def _cell(cell: object) -> str:
    return f"{SIGNS[cell['outcome']]} ({cell['requests']})" if isinstance(cell, dict) else "-"


def _many(figures: dict, name: str) -> str:
    bad = f", {figures['bad']} failed" if figures.get("bad") else ""
    return _number(figures.get(name), 2) + bad


def _number(value: object, digits: int = 0) -> str:
    return f"{value:.{digits}f}" if isinstance(value, int | float) else "-"
