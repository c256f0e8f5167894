"""A small optimization whose models keep a till of their own: what they have really answered, and when.

The task asks its model up to four times, its judge asks once in a while, whoever proposes asks as well. What they cost
is drawn by chance, with a long tail; some requests and some tasks fail. All of that depends on what is asked alone. The
search looks at candidates one by one, or (`tuned`) judges all of them together by a response surface.
"""

import os
import random
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from llm_strategy.errors import TransportError
from llm_strategy.flow import ChatRequest, Sampling, run
from llm_strategy.flow.model import Profile
from llm_strategy.hyperparameters import track_hyperparameters
from llm_strategy.messages import Message, Reply, Usage
from llm_strategy.optimize.budget import Budget, OptimizationLedger
from llm_strategy.optimize.data import dataset
from llm_strategy.optimize.driving import drive
from llm_strategy.optimize.proposers.response import ResponseProposer, surrogate_in
from llm_strategy.optimize.rollouts import Books, Rollouts, Runner, current_rollout
from llm_strategy.optimize.search.candidate import Candidate, Proposal
from llm_strategy.optimize.search.orders import Order
from llm_strategy.optimize.search.outcome import SearchOutcome
from llm_strategy.optimize.search.requests import Evaluate, Note, Propose, Scored
from llm_strategy.optimize.search.search import SearchSetup, search
from llm_strategy.optimize.search.settings import SearchSettings
from llm_strategy.optimize.space import search_space
from llm_strategy.optimize.store import Identity, OptimizationStore
from llm_strategy.optimize.streams import stream
from llm_strategy.tracing.prices import Price

PRICE = Price(input=2.0, output=9.0)
PICO = 10**12


class Till:
    """What was really spent."""

    def __init__(self):
        self.lock = threading.Lock()
        self.spent = Counter()
        self.rollouts = 0
        self.latest = 0.0
        self.diary = None
        """A file that each run of the task is written to when it begins."""

    def take(self, line, tokens, money):
        with self.lock:
            for account in ("total", line):
                self.spent[account, "calls"] += 1
                self.spent[account, "tokens"] += tokens
                self.spent[account, "money"] += money
            self.latest = time.monotonic()

    def began(self, key):
        with self.lock:
            self.rollouts += 1
        if self.diary is not None:
            os.write(self.diary, f"{key}\n".encode())


@dataclass
class Model:
    """Answers as chance has it, never longer than it may."""

    line: str
    till: Till
    seed: int
    tail: float
    faults: float
    seconds: float = 0.0
    profile: Profile = field(default_factory=Profile)

    @property
    def name(self):
        return f"scripted-{self.line}"

    def reply(self, request):
        text = request.messages[-1].content
        drawn = stream(self.seed, self.line, text)
        prompt, wanted = len(text) // 3, min(600, int(12 * drawn.lognormvariate(0, self.tail)) + 1)
        fails = drawn.random() < self.faults
        if self.seconds:
            time.sleep(drawn.random() * self.seconds)
        limit = request.sampling.max_tokens
        tokens = 0 if fails else wanted if limit is None else min(wanted, limit)
        prompt = 0 if fails else prompt
        self.till.take(self.line, prompt + tokens, prompt * 2 * PICO // 10**6 + tokens * 9 * PICO // 10**6)
        if fails:
            raise TransportError("The server does not like the request.", status=400)
        whole = limit is None or wanted <= limit
        return Reply(
            Message.assistant("x" * tokens), "stop" if whole else "length", usage=Usage(prompt, tokens), model=self.name
        )

    async def areply(self, request):
        return self.reply(request)

    def stream(self, request):
        raise NotImplementedError

    def astream(self, request):
        raise NotImplementedError


def asking(model, text, most):
    reply = yield ChatRequest(model, (Message.user(text),), sampling=Sampling(max_tokens=most))
    return reply.message.content


@track_hyperparameters
def answer(model, case, _level: float = 0.2, _words: int = 4):
    """The task: a case is solved by chance, the more probably the higher the level is."""
    rollout = current_rollout()
    model.till.began(rollout.order.key)
    drawn = stream("task", rollout.order.key)
    for number in range(drawn.choice((0, 1, 1, 1, 2, 4))):
        run(asking(model, f"{rollout.order.key} {number} {'word ' * _words * drawn.randint(1, 9)}", model.most))
    if drawn.random() < 0.05:
        raise ValueError("The task does not like the case.")
    return stream("luck", case).random() < _level


@dataclass
class Judged:
    """The metric: asks now and then."""

    model: Model
    share: float

    def __call__(self, case, value):  # noqa: ARG002
        key = current_rollout().order.key
        if stream("judge", key).random() < self.share:
            with suppress(TransportError):
                run(asking(self.model, f"judge {key}", None))
        return bool(value)


@dataclass
class Proposer:
    """Asks once or twice, and draws."""

    model: Model
    name: str = "llm"

    def propose(self, request):
        drawn = stream(request.stream, "values")
        for number in range(drawn.choice((1, 1, 2))):
            run(asking(self.model, f"propose {request.step} {number} {'word ' * drawn.randint(5, 60)}", None))
        if drawn.random() < 0.1:
            raise ValueError("nothing comes to mind")
        parent = request.parents[0].values
        return [
            Proposal({**parent, LEVEL: round(min(1.0, max(0.0, parent[LEVEL] + drawn.gauss(0.05, 0.1))), 6)}, "more")
        ]


def careless(setup):
    """A search that never looks at what is left: it asks until it is given less."""
    seed = Candidate(0, setup.seed_values)
    drawn = stream(setup.random_seed, "careless")
    found = [Scored(seed, 0.0, 0)]
    answer = yield Evaluate(tuple(Order(seed.key, "val", case) for case in setup.val), "seed", (seed,))
    while len(found) < 40:
        runs = answer.rollouts[:3]
        if not runs or len(answer.rollouts) < wanted_of(found[-1], setup):
            break
        proposed = yield Propose(
            "llm", (seed,), runs, tuple(found), tuple(found), len(found), len(found), answer.left, seed
        )
        if proposed.over:
            break
        values = next((one.values for one in proposed.proposals if one.values), {**seed.values, LEVEL: len(found) / 64})
        child = Candidate(len(found), values, (0,), "llm")
        orders = [Order(child.key, "val", case) for case in setup.val[: drawn.randint(1, len(setup.val))]]
        answer = yield Evaluate(tuple(orders), "val", (child,))
        found.append(Scored(child, sum(one.score for one in answer.rollouts), len(orders)))
        yield Note("accepted", {"number": child.number, "mean": found[-1].mean})
    return SearchOutcome(seed, seed, seed, (), None, "budget", len(found))


def wanted_of(scored, setup):
    return scored.count or len(setup.val)


SPACE = search_space(answer, bounds={"*:level": (0.0, 1.0), "*:words": (1, 9)})
LEVEL = next(leaf.path for leaf in SPACE.leaves if leaf.path.endswith("level"))


@dataclass
class End:
    """How it ended."""

    outcome: SearchOutcome
    log: bytes
    ledger: OptimizationLedger
    till: Till
    began: float

    @property
    def exceeded(self):
        """The limits that the till knows to be exceeded."""
        found = (
            [f"rollouts {self.till.rollouts}"] if self.till.rollouts > (self.ledger.budget.rollouts or 10**9) else []
        )
        for account in ("total", "task", "optimizer"):
            limits = self.ledger.budget.of_account(account)
            for name in ("calls", "tokens", "money"):
                limit, spent = getattr(limits, name), self.till.spent[account, name]
                if limit is not None and spent > limit:
                    found.append(f"{account} {name} {spent} of {limit}")
        return found

    @property
    def late(self):
        """Seconds behind the limit at which the last request began."""
        limit = self.ledger.budget.seconds
        return 0.0 if limit is None or not self.till.latest else max(0.0, self.till.latest - self.began - limit)

    @property
    def miscounted(self):
        """Where the books and the till differ."""
        accounts, beside, till = self.ledger.accounts, self.ledger.beside, self.till.spent
        told = {line: accounts.spent(line) + beside.spent(line) for line in ("task", "optimizer")}
        pairs = {
            line: ((one.calls, one.tokens, one.money), tuple(till[line, name] for name in ("calls", "tokens", "money")))
            for line, one in told.items()
        }
        timed = self.ledger.budget.seconds is not None  # what was ended there is in the books as if it were whole
        differ = {line: books != till and not (timed and books >= till) for line, (books, till) in pairs.items()}
        return [f"{line}: books {books}, till {till}" for line, (books, till) in pairs.items() if differ[line]]


@dataclass
class World:
    """One optimization: all of it follows from its number."""

    number: int
    budget: Budget
    workers: int
    cases: int = 12
    tail: float = 1.0
    faults: float = 0.05
    judged: float = 0.2
    most: int | None = None
    seconds: float = 0.0
    careless: bool = False
    tuned: bool = False

    @classmethod
    def drawn(cls, number):
        drawn = random.Random(number)
        return cls(
            number,
            drawn_budget(drawn),
            drawn.randint(1, 8),
            drawn.randint(4, 16),
            drawn.choice((0.3, 1.0, 1.8)),
            drawn.choice((0.0, 0.05, 0.2)),
            drawn.choice((0.0, 0.0, 0.3)),
            drawn.choice((None, None, 40, 300)),
            drawn.choice((0.0, 0.0, 0.0, 0.003)),
            drawn.random() < 0.5,
            drawn.random() < 0.3,
        )

    def carried_out(self, *, workers=None, path: Path | None = None, diary=None):
        """Carry it out; return what was found, the log, the books and the till."""
        till = Till()
        till.diary = diary
        ledger = OptimizationLedger(self.budget, prices={"scripted-task": PRICE, "scripted-optimizer": PRICE})
        with OptimizationStore(path) as store:
            store.begin(Identity({"number": self.number}))
            rollouts, proposers = self.parts(till, ledger, self.workers if workers is None else workers)
            began = time.monotonic()
            outcome = drive(
                (careless if self.careless else search)(self.setup(proposers)), store, rollouts, proposers, ledger
            )
            return End(outcome, store.log(), ledger, till, began)

    def parts(self, till, ledger, workers):
        task, other = (
            Model(line, till, self.number, self.tail, self.faults, self.seconds) for line in ("task", "optimizer")
        )
        task.most = self.most
        data = {split: dataset([f"{split} {index}" for index in range(self.cases)]) for split in ("train", "val")}
        books = Books(task=(ledger.task,), metric=(ledger.metric,))
        runner = Runner(answer, SPACE, data, Judged(other, self.judged), task_model=task, books=books)
        tuning = {"response": ResponseProposer(SPACE)} if self.tuned else {}
        return Rollouts(runner, workers=workers), {"llm": Proposer(other), **tuning}

    def setup(self, proposers):
        names = {split: dataset([f"{split} {one}" for one in range(self.cases)]).ids for split in ("train", "val")}
        settings = SearchSettings(patience=15)
        return SearchSetup(
            SPACE.seed,
            names["train"],
            names["val"],
            settings=settings,
            proposers=tuple(proposers),
            rollouts=self.budget.rollouts,
            random_seed=self.number,
            surrogate=surrogate_in(proposers),
        )


def drawn_budget(drawn):
    """One to three limits, of any kind, from next to nothing to plenty."""
    most = {
        "rollouts": 200,
        "calls": 400,
        "tokens": 30_000,
        "usd": 0.15,
        "seconds": 0.6,
        "task_calls": 300,
        "task_tokens": 20_000,
        "task_usd": 0.1,
        "optimizer_calls": 60,
        "optimizer_tokens": 4_000,
        "optimizer_usd": 0.03,
    }
    limits = {}
    for name in drawn.sample(sorted(most), drawn.randint(1, 3)):
        amount = most[name] * drawn.random() ** 2
        limits[name] = amount if name.endswith("usd") or name == "seconds" else int(amount)
    if not {*limits} - {"optimizer_calls", "optimizer_tokens", "optimizer_usd"}:
        limits["rollouts"] = 150
    return Budget(**limits)
