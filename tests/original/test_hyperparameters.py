"""Behaviours of the first release's hyperparameters that users may rely on."""

from pydantic import Field

from llm_strategy.hyperparameters import Hyperparameters, track_hyperparameters


def test_what_is_changed_in_a_scope_applies_in_it_and_nowhere_else():
    @track_hyperparameters
    def width(*, _cm: int = 1):
        return _cm

    @track_hyperparameters
    def height(*, _cm: int = 2):
        return _cm

    with Hyperparameters() as scope:
        assert (width(), height()) == (1, 2)

    scope[width].cm = 3

    with scope:
        assert (width(), height()) == (3, 2)
    assert (width(), height()) == (1, 2)


def test_a_field_gives_the_default():
    @track_hyperparameters
    def width(*, _cm: int = Field(default=1, description="How wide it is.")):
        return _cm

    assert width() == 1

    with Hyperparameters() as scope:
        assert width() == 1

    scope[width].cm = 2

    with scope:
        assert width() == 2


def test_no_scope_is_needed():
    @track_hyperparameters
    def width(_cm: int = 1):
        return _cm

    assert width() == 1


def test_arguments_that_are_given_win():
    @track_hyperparameters
    def greet(_greeting: str = "Hello", _name: str = "you"):
        return f"{_greeting}, {_name}"

    with Hyperparameters() as scope:
        assert greet() == "Hello, you"
        assert greet(_name="World") == "Hello, World"

    scope[greet].name = "all"

    with scope:
        assert greet() == "Hello, all"
        assert greet(_name="World") == "Hello, World"


def test_a_scope_covers_functions_that_are_called_by_others():
    @track_hyperparameters
    def inner(_a: int = 1, _b: int = 2):
        return _a + _b

    @track_hyperparameters
    def outer(_c: int = 3):
        return _c + inner()

    with Hyperparameters() as scope:
        assert outer() == 6

    scope[outer].c = 4

    with scope:
        assert outer() == 7

    scope[inner].a = 5

    with scope:
        assert outer() == 11


def test_a_scope_comes_back_from_json():
    @track_hyperparameters
    def inner(_a: int = 1, _b: int = 2):
        return _a + _b

    @track_hyperparameters
    def outer(_c: int = 3):
        return _c + inner()

    with Hyperparameters() as scope:
        assert outer() == 6

    scope[outer].c = 4
    scope[inner].a = 5

    again = scope.model_validate_json(scope.model_dump_json())

    with Hyperparameters(again):
        assert outer() == 11


def test_entries_may_be_put_in_by_hand():
    @track_hyperparameters
    def inner(_a: int = 1):
        return _a

    @track_hyperparameters
    def plain():
        return 0

    scope = Hyperparameters()
    scope[inner] = inner.config_model_type()
    scope[plain] = plain.config_model_type()

    assert Hyperparameters(scope) == scope
    with Hyperparameters(scope):
        assert (inner(), plain()) == (1, 0)
