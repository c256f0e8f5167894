"""Options that are wrong are told in words of the caller, before anything is paid for."""

from pathlib import Path

import pytest

from llm_strategy.errors import ConfigurationError
from llm_strategy.optimize.checked_options import checked_options
from llm_strategy.tracing.prices import Price, Prices


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"buget": 5}, "'buget'.*Did you mean 'budget'"),
        ({"workers": 0}, "workers=0.*from 1 on"),
        ({"seed": None}, "seed=None.*whole number"),
        ({"retries": True}, "retries=True.*whole number"),
        ({"pool": 5}, "pool=5.*a list"),
        ({"pool": {"f:instruction": "Go."}}, r"pool=\{.*a list"),
        ({"pool": [{}, "Go."]}, r"pool\[1\]='Go\.'.*by the paths"),
        ({"proposers": [5]}, "proposers=5.*method `propose`"),
        ({"proposing": "plain"}, r"proposing='plain'.*LLMProposerSettings\("),
        ({"watch": 5}, "watch=5.*a function"),
        ({"executor": 5}, "executor=5.*RayExecutor"),
        ({"prices": {"mine": 5}}, r"prices=\{.*Price\("),
        ({"store": ""}, "store=''.*path of a file"),
        ({"store": ":memory:"}, "store=':memory:'.*leave it out"),
        ({"store": 5}, "store=5.*path of a file"),
        ({"store": "a\0b"}, "store='a.*path of a file"),
        ({"store": b"run.db"}, "store=b'run.db'.*path of a file"),
    ],
)
def test_what_is_no_option_of_its_kind_is_an_error_that_says_what_to_give(options, said):
    with pytest.raises(ConfigurationError, match=rf"^optimize\(.*{said}"):
        checked_options(options)


def test_none_is_the_same_as_no_option():
    names = ["pool", "proposers", "prices", "store", "watch", "executor", "metric", "judge", "settings"]
    assert checked_options(dict.fromkeys(names)) == {}


def test_what_is_right_is_kept_as_it_is(tmp_path):
    def watch(event):
        return event

    given = {"watch": watch, "store": Path("run.db"), "prices": {"mine": Price(1, 2)}, "seed": -3, "workers": 2}
    assert checked_options(given) == given
    assert checked_options({"prices": Prices({})}).keys() == {"prices"}


def test_what_can_be_read_once_is_read_once():
    options = checked_options({"pool": ({"f:digits": number} for number in range(2)), "proposers": iter(())})
    assert options == {"pool": [{"f:digits": 0}, {"f:digits": 1}], "proposers": []}
