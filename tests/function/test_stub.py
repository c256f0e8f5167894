"""A stub is told from an implementation by its source."""

import functools

import pytest

from llm_strategy.errors import DefinitionError
from llm_strategy.function import llm_function
from llm_strategy.function.stub import is_stub, own_statement


def mark(function):
    return function


def docstring_only():
    """Say it."""


def ellipsis():
    """Say it."""
    ...


def bare_ellipsis(): ...


def passing():
    """Say it."""
    pass


def raises_class():
    """Say it."""
    raise NotImplementedError


def raises_instance():
    """Say it."""
    raise NotImplementedError


def raises_with_words():
    """Say it."""
    raise NotImplementedError("some day", 3)


def raises_from_none():
    """Say it."""
    raise NotImplementedError("some day") from None


def raises_by_module():
    """Say it."""
    import builtins  # noqa: F401

    raise NotImplementedError


def all_at_once():
    """Say it."""
    "and again"
    ...
    pass
    raise NotImplementedError("why") from None


@mark
@functools.partial(mark)
def decorated():
    """Say it."""
    raise NotImplementedError


def one_line(): ...


async def asynchronous():
    """Say it."""
    raise NotImplementedError


async def asynchronous_generator():
    """Say it."""
    yield


class Shop:
    def method(self):
        """Say it."""

    class Shelf:
        def method(self):
            """Say it."""
            raise NotImplementedError


def nested():
    def inside():
        """Say it."""

    return inside


def returns_a_value():
    """Say it."""
    return 1


def returns_nothing():
    """Say it."""
    return


def raises_something_else():
    """Say it."""
    raise ValueError


def raises_again():
    """Say it."""
    raise  # noqa: PLE0704


def raises_by_condition(flag=True):
    """Say it."""
    if flag:
        raise NotImplementedError


def yields_a_value():
    """Say it."""
    yield 1


def says_a_number():
    """Say it."""
    3  # noqa: B018


STUBS = [
    docstring_only,
    ellipsis,
    bare_ellipsis,
    passing,
    raises_class,
    raises_instance,
    raises_with_words,
    raises_from_none,
    all_at_once,
    decorated,
    one_line,
    asynchronous,
    asynchronous_generator,
    Shop.method,
    Shop.Shelf.method,
    nested(),
]
OTHERS = [
    raises_by_module,
    returns_a_value,
    returns_nothing,
    raises_something_else,
    raises_again,
    raises_by_condition,
    yields_a_value,
    says_a_number,
    mark,
    lambda: None,
]


def name_of(function):
    return function.__qualname__


@pytest.mark.parametrize("function", STUBS, ids=name_of)
def test_every_spelling_of_saying_nothing_is_a_stub(function):
    assert is_stub(function) is True
    assert not own_statement(function)


@pytest.mark.parametrize("function", OTHERS, ids=name_of)
def test_a_body_that_does_something_is_no_stub(function):
    assert is_stub(function) is not True


def test_the_first_statement_of_its_own_is_named():
    assert own_statement(raises_by_condition) == "if flag:"


def test_a_function_without_source_is_neither():
    names = {}
    exec("def unknown(): ...", names)
    assert is_stub(names["unknown"]) is None
    assert not own_statement(names["unknown"])


def test_a_function_that_only_carries_the_name_of_this_file_is_neither():
    names = {}
    exec(compile("def impostor(): ...", __file__, "exec"), names)
    assert is_stub(names["impostor"]) is None


def test_a_file_that_is_no_python_tells_nothing(tmp_path):
    page = tmp_path / "page.txt"
    page.write_text("this is no Python\n")
    names = {}
    exec(compile("def impostor(): ...", str(page), "exec"), names)
    assert is_stub(names["impostor"]) is None


def test_an_llm_function_needs_no_source():
    names = {}
    exec("def capital(model, country: str) -> str:\n    '''The capital.'''", names)
    assert llm_function(names["capital"]).prompt("France")[-1].content == "country: France"


def test_a_body_of_its_own_is_refused_and_shown():
    def capital(model, country: str) -> str:
        """The capital."""
        return country.upper()

    with pytest.raises(
        DefinitionError, match=r"capital' has a body of its own \(`return country\.upper\(\)`\)"
    ) as caught:
        llm_function(capital)
    assert "take the decorator off" in str(caught.value)
