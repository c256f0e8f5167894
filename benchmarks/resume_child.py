"""The program that is killed and run again: 60 calls with 8 workers in a durable run.

python -m benchmarks.resume_child JOURNAL BASE CLIENT [STAGE STEP] [--changed]
"""

import http.client
import json
import os
import signal
import sys
import threading
from pathlib import Path
from urllib.parse import urlsplit

from llm_strategy import durable, llm_function, trace
from llm_strategy.flow import ChatRequest, Profile
from llm_strategy.flow.journal.rows import Rows
from llm_strategy.messages import Message, Reply, Usage

CALLS, WORKERS = 60, 8
STAGES = ("before the request", "after the answer", "before the commit", "in mid-write", "after the commit")


@llm_function
def square(model, text: str) -> str:
    """The square of the number in the text, in words."""
    raise NotImplementedError


@llm_function
def cube(model, text: str) -> str:
    """The cube of the number in the text, in words."""
    raise NotImplementedError


class Killer:
    """Kills this process, by the rules of `kill -9`, when a stage is reached for the so-manieth time."""

    def __init__(self, stage: str = "", step: int = 0) -> None:
        self.stage, self.step = stage, step
        self.seen = 0
        self.lock = threading.Lock()

    def at(self, stage: str) -> None:
        if stage == self.stage:
            with self.lock:
                self.seen += 1
                if self.seen == self.step:
                    os.kill(os.getpid(), signal.SIGKILL)


class Light:
    """A chat model over `http.client`: it costs next to nothing to start."""

    name, provider, profile = "gpt-4o", "openai", Profile()

    def __init__(self, base: str, killer: Killer) -> None:
        self.url = urlsplit(f"{base}/chat/completions")
        self.killer = killer
        self.connections = threading.local()

    def reply(self, request: ChatRequest) -> Reply:
        turns = [{"role": turn.role, "content": turn.content} for turn in request.messages]
        if not hasattr(self.connections, "own"):
            self.connections.own = http.client.HTTPConnection(self.url.hostname, self.url.port, timeout=30)
        connection = self.connections.own
        self.killer.at("before the request")
        connection.request("POST", self.url.path, json.dumps({"messages": turns}))
        data = json.loads(connection.getresponse().read())
        self.killer.at("after the answer")
        choice, usage = data["choices"][0], data["usage"]
        return Reply(
            Message.assistant(choice["message"]["content"]),
            choice["finish_reason"],
            usage=Usage(usage["prompt_tokens"], usage["completion_tokens"]),
            model=data["model"],
            id=data["id"],
        )

    async def areply(self, request: ChatRequest) -> Reply:
        raise NotImplementedError

    stream = astream = areply


class Watched:
    """A journal whose acknowledgements are noted, and that is killed where it is told to be."""

    def __init__(self, store, killer: Killer, log: Path, *, begins: bool) -> None:
        self.store, self.killer, self.begins = store, killer, begins
        self.log = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self.inputs: dict[int, str] = {}

    def ask(self, flow, path, asked):
        told = self.store.ask(flow, path, asked)
        if told["told"] == "ask":
            self.inputs[told["ticket"]] = asked["about"]["messages"][-1]["text"].split()[-1]
            if self.begins:
                self.killer.at("before the request")
        return told

    def answered(self, ticket, answer, *, partial=False):
        self.killer.at("before the commit")
        self.store.answered(ticket, answer, partial=partial)
        os.write(self.log, f"{self.inputs[ticket]}\n".encode())
        self.killer.at("after the commit")

    def __getattr__(self, name):
        return getattr(self.store, name)


def program(journal: str, base: str, client: str, killer: Killer, *, changed: bool = False) -> dict:
    """Run the job; return its result and what it cost."""
    model = Light(base, killer) if client == "light" else openai_model(base)
    written = Rows.answer

    def in_mid_write(rows, *args, **kwargs):
        done = written(rows, *args, **kwargs)
        killer.at("in mid-write")  # the row is changed, and nothing is committed
        return done

    Rows.answer = in_mid_write
    try:
        with trace("job") as recorded, durable(journal) as run:
            run.layer.store = Watched(run.store, killer, Path(f"{journal}.acks"), begins=client != "light")
            inputs = [f"input {number}" for number in range(CALLS)]
            results = (cube if changed else square).map(model, inputs, limit=WORKERS)
        values = [result.unwrap() for result in results]
    finally:
        Rows.answer = written
    totals, traced = run.totals, recorded.totals
    return {
        "values": values,
        "calls": totals.calls,
        "tokens": [totals.input_tokens, totals.output_tokens],
        "cost": totals.cost,
        "traced": [traced.chats, traced.input_tokens, traced.output_tokens, round(traced.cost or 0, 12)],
        "replayed": totals.replayed,
        "in flight": len(run.in_flight),
    }


def openai_model(base: str):
    from langchain_openai import ChatOpenAI

    return ChatOpenAI(model="gpt-4o", base_url=base, api_key="x")


def main() -> int:
    journal, base, client, *rest = [argument for argument in sys.argv[1:] if argument != "--changed"]
    killer = Killer(rest[0], int(rest[1])) if rest else Killer()
    print(json.dumps(program(journal, base, client, killer, changed="--changed" in sys.argv)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
