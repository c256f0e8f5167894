"""What stands in a worker for what is kept elsewhere, and how names are found there."""

import asyncio
import sys
import threading
from types import ModuleType

import pytest
from langchain_core.language_models import FakeListChatModel

from llm_strategy import caching, limited
from llm_strategy.chat import resolve
from llm_strategy.executors import luggage
from llm_strategy.executors.line import BooksThere, JournalThere, LedgerThere, line_in_use
from llm_strategy.executors.luggage import Luggage, Script, main_script, prepared
from llm_strategy.executors.packing import Kept, packed, unpacked
from llm_strategy.flow.budgets.amounts import Amount
from llm_strategy.flow.budgets.ledger import Grant
from llm_strategy.flow.layers import layers_in_force, own_layers
from llm_strategy.flow.limits.layer import LimitsLayer
from llm_strategy.flow.limits.rates import Rates


class Line:
    """Takes note of what is asked, and answers with a number."""

    def __init__(self):
        self.meters, self.asked, self.told = {}, [], []

    def ask(self, whom, what, *given):
        self.asked.append((whom, what))
        return 7

    def tell(self, whom, what, *given):
        self.told.append((whom, what))


@pytest.fixture
def line():
    line = Line()
    with line_in_use(line):
        yield line


def test_books_of_a_budget_are_asked_there(line):
    ledger, grant = LedgerThere(3), Grant(1, waiting=True)
    decision = ledger.waiting(grant)

    assert decision.perform() == 7
    assert asyncio.run(decision.aperform()) == 7
    ledger.opened(grant)
    ledger.settle(grant, Amount())
    ledger.charge(Amount())

    assert line.asked == [(3, what) for what in ("decided", "decided", "opened", "settle", "charge")]


def test_books_of_limits_are_asked_there(line):
    books = BooksThere(2)
    assert books.shared
    assert books.take("a", Rates(), 5) == books.paused("a") == 7
    books.settle("a", Rates(), 1, -2)
    books.pause("a", 1.0)
    assert line.asked == [(2, what) for what in ("take", "paused", "pause")]
    assert line.told == [(2, "settle")]


def test_a_journal_is_asked_there(line):
    journal = JournalThere(1)
    journal.forget(5)
    journal.failed(5, None)
    journal.ended("flow")
    assert (line.asked, line.told) == ([(1, "forget"), (1, "failed")], [(1, "ended")])


def test_the_books_of_a_scope_of_limits_are_the_same_from_map_to_map(line):
    pytest.importorskip("ray")
    kept, again = Kept(), Kept()
    with limited(requests_per_minute=5):
        layer = unpacked(packed(own_layers()[0], kept))
        packed(own_layers()[0], again)
    assert isinstance(layer.books, BooksThere)
    assert kept[0] is again[0]
    with limited(concurrency=3):
        layer = unpacked(packed(own_layers()[0], kept))
    assert isinstance(layer, LimitsLayer)
    assert (layer.books, layer.concurrency) == (None, 3)


def test_a_cache_of_another_machine_is_left_out(tmp_path):
    with caching(tmp_path / "cache.db"):
        taken = Luggage(len, own_layers(), machine="another")
    before = layers_in_force()
    with pytest.warns(RuntimeWarning, match=r"is a file of machine 'another'"), taken.opened():
        assert layers_in_force() == before


def test_adapted_models_and_those_with_other_names_are_made_anew():
    pytest.importorskip("ray")
    model = FakeListChatModel(responses=["a", "b"])

    assert unpacked(packed(model)).responses == ["a", "b"]
    assert unpacked(packed(resolve(model))).model.responses == ["a", "b"]


SCRIPT = """
class Found:
    pass

def function():
    return Found

if __name__ == "__main__":
    raise SystemExit("the main part ran")
"""


@pytest.fixture
def main(monkeypatch):
    before = {name: sys.modules.get(name) for name in ("__main__", "__mp_main__")}
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield before["__main__"]
    for name, module in before.items():
        if module is not None:
            sys.modules[name] = module
        else:
            sys.modules.pop(name, None)


def test_names_of_a_script_are_found_without_its_main_part(main, tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT)
    script = Script(path=str(tmp_path / "script.py"), search=(str(tmp_path),))

    prepared(script)
    there = sys.modules["__main__"]
    prepared(script)

    assert there.function() is there.Found
    assert sys.modules["__main__"] is there
    assert sys.path[-1] == str(tmp_path)


def test_what_a_script_defines_is_sent_by_name(main, tmp_path):
    pytest.importorskip("ray")
    module = ModuleType("__main__")
    module.__file__ = str(tmp_path / "script.py")
    exec(SCRIPT.replace("if __name__", "if not __name__"), module.__dict__)
    sys.modules["__main__"] = module

    assert unpacked(packed(module.Found)) is module.Found
    assert b"the main part" not in packed(module.function)
    nested = lambda: 5  # noqa: E731
    nested.__module__ = "__main__"
    assert unpacked(packed(nested))() == 5
    del module.__file__
    assert unpacked(packed(module.function)) is not module.function


def test_the_script_of_a_program_is_told():
    script = main_script()
    assert script.path or script.name
    assert all(script.search)


def test_a_cache_is_opened_once_in_a_worker(tmp_path, monkeypatch):
    opened = []
    monkeypatch.setattr(luggage, "borrow", opened.append)
    with caching(tmp_path / "cache.db"):
        taken = Luggage(threading.Lock, own_layers())
    for _ in range(2):
        with taken.opened():
            pass
    assert opened == [(tmp_path / "cache.db")]
