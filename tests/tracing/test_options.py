"""Options of a trace are checked when it is made."""

import re

import pytest

from llm_strategy import trace
from llm_strategy.errors import ConfigurationError
from llm_strategy.tracing import Price
from llm_strategy.tracing.options import checked_options


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"content": "no"}, "content='no' is not possible. Give True or False."),
        ({"redact": "x"}, "redact='x' is not possible. Give a function"),
        ({"secrets": None}, "secrets=None is not possible. Give a list of texts."),
        ({"secrets": [5]}, "secrets=[5] is not possible."),
        ({"directory": 5}, "directory=5 is not possible. Give a path"),
        ({"prices": [1]}, "prices=[1] is not possible. Give a mapping"),
        ({"prices": {"m": 3}}, "prices={'m': 3} is no price. Give Price(input=..., output=...)"),
        ({"provider": 3}, "provider=3 is not possible. Give a TracerProvider"),
        ({"processors": 3}, "processors=3 is not possible. Give a list of span processors."),
        ({"processor": 3}, "unknown option 'processor'. Did you mean 'processors'?"),
    ],
)
def test_an_impossible_option_is_refused_before_anything_runs(options, said):
    with pytest.raises(ConfigurationError, match=re.escape(said)):
        trace("shop", **options)


def test_a_name_is_a_text():
    with pytest.raises(ConfigurationError, match=r"trace\(5\): the name of a trace is a text"):
        trace(5)


def test_prices_may_be_written_as_mappings_and_one_processor_without_a_list():
    class Processor:
        def on_end(self, span):
            """Do nothing."""

    one = Processor()
    made = checked_options(
        "x", {"prices": {"m": {"input": 1, "output": 2}}, "processors": one}, ["prices", "processors"]
    )
    assert made == {"prices": {"m": Price(1, 2)}, "processors": (one,)}


def test_a_file_is_named_by_the_cleaned_name(tmp_path):
    with trace("name hunter2swordfish99", directory=tmp_path, secrets=["hunter2swordfish99"]):
        pass
    assert [path.name.partition("-")[2].rpartition("-")[0] for path in tmp_path.iterdir()] == ["name"]


def test_a_relative_directory_stays_where_it_was(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with trace("moving", directory="traces") as t:
        (tmp_path / "elsewhere").mkdir()
        monkeypatch.chdir(tmp_path / "elsewhere")
        assert len(t.spans) == 1
    assert t.path is not None
    assert t.path.parent == tmp_path / "traces"
