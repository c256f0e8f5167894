"""Limits and budgets: what gets through, counted by who is asked.

python -m benchmarks.limits [--quick]

A simulated provider by a clock that jumps from event to event, then real processes and threads against a server on
the loopback interface. The counts are the server's.
"""

import asyncio
import json
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.limits_worker import Http
from benchmarks.virtual_time import Provider, VirtualTime, busiest
from llm_strategy.errors import BudgetExceededError, RateLimitedError
from llm_strategy.flow import ChatRequest, Parallel, Sleep, arun, run
from llm_strategy.flow.budgets import budget
from llm_strategy.flow.limits import LimitsLayer, Rates
from llm_strategy.flow.limits.accounts import Accounts
from llm_strategy.messages import Message, Reply, Usage
from llm_strategy.tracing import Price


def main() -> int:
    quick = "--quick" in sys.argv
    rows = [
        *_rates(10 if quick else 60),
        *_found(quick),
        *_pauses(),
        *_processes(quick),
        *_budgets(),
        *_overhead(),
    ]
    table = Table("figure", "measured", "goal", "")
    for name, measured, goal, passed in rows:
        table.add_row(name, measured, goal, "ok" if passed else "short")
    Console().print(table)
    met = sum(row[3] for row in rows)
    print(f"limits: {met} of {len(rows)} goals met (goal all) {'ok' if met == len(rows) else 'short'}")
    return 0 if met == len(rows) else 1


def _rates(minutes: int):
    for name, rates in (("600 requests", Rates(requests=600)), ("200,000 tokens", Rates(tokens=200_000))):
        provider = _asked(rates, minutes * 60 + 120)
        weigh = (lambda _: 1) if rates.requests else (lambda tokens: tokens)
        limit = rates.requests or rates.tokens or 1
        most = busiest(provider.sent, 60, weigh) / limit
        start = provider.sent[0][0] + 60
        steady = sum(weigh(tokens) for when, tokens in provider.sent if start <= when < start + minutes * 60)
        used = steady / limit / minutes
        yield f"{name} a minute: the busiest minute", f"{most:.1%}", "<= 100 %", most <= 1
        yield f"{name} a minute: used, over {minutes} minutes", f"{used:.1%}", ">= 95 %", used >= 0.95


def _asked(rates: Rates, seconds: float) -> Provider:
    clock, dice = VirtualTime(), random.Random(2)
    provider = Provider(clock)
    layer = LimitsLayer(rates, accounts=Accounts(clock), clock=clock)

    def worker():
        while True:
            text = "Extract the people. " * 20 + "x" * dice.randrange(600)
            yield from layer(_request(provider, text), (0,), _onward)

    for _ in range(100):
        clock.begin(worker())
    clock.run(seconds)
    return provider


def _found(quick: bool):
    for hidden, seconds in ((10, 1.0), (50, 2.0), (200, 1.0), (400, 4.0)) if not quick else ((10, 1.0), (200, 2.0)):
        clock, dice = VirtualTime(), random.Random(3)
        provider = Provider(clock, at_once=hidden, seconds=seconds)
        accounts = Accounts(clock)
        layer = LimitsLayer(accounts=accounts, clock=clock)
        for number in range(2 * hidden + 100):
            clock.begin(_persistent(layer, provider, dice, number))
        clock.run(60)
        allowed = []
        for _ in range(60):
            clock.run(1)
            allowed.append(accounts.of(provider.account).gate.limit.allowed)
        least, most = min(allowed) / hidden, max(allowed) / hidden
        name = f"a provider that bears {hidden} at once, {seconds:g} s each: found in the second minute"
        yield name, f"{least:.0%} to {most:.0%}", "80 % to 120 %", least >= 0.8 and most <= 1.2


def _persistent(layer: LimitsLayer, provider: Provider, dice: random.Random, number: int):
    """Asks for ever, and waits a little after a refusal, as the layer of retries does."""
    while True:
        try:
            yield from layer(_request(provider, f"{number}"), (0,), _onward)
        except RateLimitedError:
            yield Sleep(dice.uniform(0.0, 2.0))


def _pauses():
    clock, dice = VirtualTime(), random.Random(4)

    class Closing(Provider):
        def answer(self, request, now):
            if now >= self._until and dice.random() < 0.01:
                return 0.0, self.closed_until(now + dice.uniform(0.5, 20))
            return super().answer(request, now)

    provider = Closing(clock)
    layer = LimitsLayer(accounts=Accounts(clock), clock=clock)
    for number in range(200):
        clock.begin(_persistent(layer, provider, dice, number))
    while len(provider.sent) < 10_000:
        clock.run(60)
    early = provider.early
    yield f"{len(provider.sent):,} requests past Retry-After: too early", f"{early}", "0", early == 0


def _processes(quick: bool):
    period, requests, seconds = (20.0, 40, 24.0) if quick else (60.0, 300, 190.0)
    counts = (2, 4)
    with ThreadPoolExecutor() as pool:  # side by side, at servers of their own
        found = list(pool.map(lambda count: _arrived(count, period, requests, seconds), counts))
    for processes, times in zip(counts, found, strict=True):
        most = busiest([(when, 1) for when in times], period, lambda _: 1) / requests
        whole = (len(times) - 1) // requests
        used = whole * period / (times[whole * requests] - times[0])
        name = f"{processes} processes, {requests} requests in {period:g} s, at a server"
        yield f"{name}: the busiest time", f"{most:.1%}", "<= 100 %", most <= 1
        yield f"{name}: used", f"{used:.1%}", ">= 95 %", used >= 0.95


def _arrived(processes: int, period: float, requests: int, seconds: float) -> list[float]:
    with _server() as server, tempfile.TemporaryDirectory() as folder:
        arguments = (server.address, str(Path(folder) / "limits.sqlite"), str(requests), str(period), str(seconds))
        command = [sys.executable, "-m", "benchmarks.limits_worker", *arguments]
        workers = [subprocess.Popen(command) for _ in range(processes)]
        for worker in workers:
            assert worker.wait() == 0
        return sorted(server.times)


def _budgets():
    limits = {"calls": 400, "tokens": 60_000, "dollars": 0.06}
    for limit, most in limits.items():
        with _server() as server:
            request = _request(Http(server.address), "Hello.")
            left, spent = _spend({limit: most}, run, request, 64)
            calls, tokens = len(server.times), server.tokens
        yield _judged(f"64 threads, budget({limit}={most})", limit, most, (calls, tokens, left), spent)
        model = _Scripted()
        left, spent = _spend({limit: most}, lambda flow: asyncio.run(arun(flow)), _request(model, "Hello."), 500)
        yield _judged(f"500 tasks, budget({limit}={most})", limit, most, (model.calls, model.tokens, left), spent)


def _spend(limit, driver, request, workers):
    def worker():
        while True:
            yield request

    def several():
        return (yield Parallel(tuple(worker() for _ in range(workers)), keep_errors=True, limit=workers))

    prices = {request.model.name: Price(1, 1)}
    with budget(**limit, prices=prices) as spent:
        results = driver(several())
    assert all(isinstance(result.error, BudgetExceededError) for result in results)
    return spent.ledger.state().held, spent


def _judged(name, limit, most, counted, spent):
    calls, tokens, held = counted
    real = {"calls": calls, "tokens": tokens, "dollars": tokens / 1e6}[limit]
    exact = (spent.calls, spent.tokens) == (calls, tokens) and held.calls == 0
    least = most if limit == "calls" else 0.95 * most
    text = f"{real:g} spent{'' if exact else ', the books differ'}"
    return name, text, "<= the limit, >= 95 %", exact and least <= real <= most


class _Scripted:
    """A model for tasks: it keeps to max_tokens, and counts."""

    name, account = "loopback", "scripted:account"

    def __init__(self) -> None:
        self.calls = self.tokens = 0
        self._dice = random.Random(5)

    async def areply(self, request):
        said, finish = _said(self._dice, request.sampling.max_tokens)
        self.calls += 1
        self.tokens += 20 + said
        await asyncio.sleep(self._dice.uniform(0, 0.01))
        return Reply(Message.assistant("."), finish, usage=Usage(20, said))


def _said(dice: random.Random, limit: int | None) -> tuple[int, str]:
    wanted = dice.randint(20, 200)
    return (wanted, "stop") if limit is None or wanted <= limit else (limit, "length")


@contextmanager
def _server() -> Iterator[ThreadingHTTPServer]:
    """A provider on the loopback interface: it keeps to max_tokens, tells the bill, and counts."""
    lock, dice = threading.Lock(), random.Random(6)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            arrived = time.monotonic()
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with lock:
                said, finish = _said(dice, body["max_tokens"])
                server.times.append(arrived)
                server.tokens += 20 + said
            told = json.dumps({"prompt": 20, "reply": said, "finish": finish}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads, request_queue_size = True, 256
        times: list[float] = []  # noqa: RUF012 (made anew below)
        tokens = 0

    server = Server(("127.0.0.1", 0), Handler)
    server.times, server.address = [], f"127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def _overhead():
    class Answering:
        name, account = "overhead", "overhead:account"
        answer = Reply(Message.assistant("."), "stop", usage=Usage(100, 30))

        def reply(self, _request):
            return self.answer

    request = _request(Answering(), "Hello. " * 100)
    layer = LimitsLayer(standing=True, accounts=Accounts())
    bare = _microseconds(lambda: _driven(_onward(request)))
    standing = _microseconds(lambda: _driven(layer(request, (0,), _onward))) - bare
    yield "over a call: the standing limits", f"{standing:.1f} us", "<= 15 us", standing <= 15


def _driven(flow) -> None:
    with suppress(StopIteration):
        answer = None
        while True:
            answer = flow.send(answer).perform()


def _microseconds(call) -> float:
    best = []
    for _ in range(20):
        begun = time.process_time()
        for _ in range(300):
            call()
        best.append((time.process_time() - begun) / 300 * 1e6)
    return min(best)


def _request(model, text: str) -> ChatRequest:
    return ChatRequest(model, (Message.user(text),))


def _onward(request):
    return (yield request)


if __name__ == "__main__":
    sys.exit(main())
