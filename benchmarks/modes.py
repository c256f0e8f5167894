"""The 14 ways in which a server may answer: the right value where it can be had, else an error that says what came.

python -m benchmarks.modes [--quick]
"""

import json
import sys

from rich.console import Console
from rich.table import Table

from benchmarks.loopback import SHARED, loopback_server, session

METHODS = ("json_schema", "tool", "json_object", "prompt")
ONE_REQUEST = {"ok", "fenced", "fenced_text", "sloppy", "refusal", "html"}
ERRORS = {
    "truncated": ("AttemptsExhaustedError", "cut off"),
    "refusal": ("RefusedError", "I'm sorry, I can't help with that."),
    "empty": ("AttemptsExhaustedError", "empty"),
    "html": ("NotAModelError", "<html>"),
    "reset": ("TransportError", "onnection"),
}


def main() -> int:
    sys.path.insert(0, str((SHARED / "bench").resolve()))
    from fake_openai_server import MODES
    from values import VALUES

    from benchmarks.peers.llm_strategy import Peer

    table = Table("mode", *METHODS, title="What came of each mode (requests sent)")
    good = total = 0
    with loopback_server() as base:
        for mode in MODES:
            cells = []
            for method in METHODS:
                name = f"{mode}-{method}"
                peer = Peer(f"{base}/{mode}/0/{name}/v1")
                peer.extract = peer.extract.using(method=method)
                outcome, text = _outcome(peer, VALUES)
                requests = session(base, name)["requests"]
                passed = _as_it_should(mode, outcome, text) and (mode not in ONE_REQUEST or requests == 1)
                good, total = good + passed, total + 1
                cells.append(f"{'[green]' if passed else '[red]'}{outcome}[/] ({requests})")
            table.add_row(mode, *cells)
    Console().print(table)
    print(f"modes: {good} of {total} as they should (goal all) {'ok' if good == total else 'short'}")
    return 0 if good == total else 1


def _outcome(peer, values) -> tuple[str, str]:
    try:
        value = peer.call()
    except Exception as error:
        return type(error).__name__, str(error)
    if value is None:
        return "None", ""
    return ("right" if json.loads(value.model_dump_json()) == values else "wrong"), repr(value)


def _as_it_should(mode: str, outcome: str, text: str) -> bool:
    if mode not in ERRORS:
        return outcome == "right"
    error, words = ERRORS[mode]
    return outcome == error and words in text


if __name__ == "__main__":
    sys.exit(main())
