"""What may be a hyperparameter, and what is said of what may not, where it is written."""

# ruff: noqa: B008 (mutable and computed defaults are the subject)

import functools
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Set
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Final, Protocol, TypedDict

import pytest
from pydantic import AfterValidator, BaseModel, Field

from llm_strategy import llm_function
from llm_strategy.errors import DefinitionError
from llm_strategy.hyperparameters import ConfigModel, Hyperparameters, track_hyperparameters


class Lamp(BaseModel):
    watts: int = 5


class Size(TypedDict):
    width: int


def problem_of(function) -> str:
    with pytest.raises(DefinitionError) as caught:
        track_hyperparameters(function)
    message = str(caught.value)
    assert f"{function.__module__}.{function.__qualname__}" in message
    return message


def test_the_model_has_a_field_for_each_parameter_that_begins_with_an_underscore():
    @track_hyperparameters
    def shine(room, *, _lamp: Lamp = Lamp(), __twice: bool = False, colour: str = "red"): ...

    kind = shine.config_model_type

    assert issubclass(kind, ConfigModel)
    assert kind.__name__ == "ShineHyperparameters"
    assert {name: field.annotation for name, field in kind.model_fields.items()} == {"lamp": Lamp, "twice": bool}
    assert shine.config_name == f"{__name__}.{shine.__qualname__}"


def test_a_field_gives_description_and_bounds():
    @track_hyperparameters
    def shine(*, _watts: int = Field(5, description="Power.", ge=0), _hue: Annotated[int, Field(lt=360)] = 3): ...

    properties = shine.config_model_type.model_json_schema()["properties"]

    assert properties["watts"] == {
        "default": 5, "description": "Power.", "minimum": 0, "title": "Watts", "type": "integer",
    }  # fmt: skip
    assert properties["hue"]["exclusiveMaximum"] == 360


def test_a_factory_makes_a_default_for_each_call_and_is_not_called_before():
    made = []

    @track_hyperparameters
    def shine(*, _names: list[str] = Field(default_factory=lambda: made.append(1) or [])):
        return _names

    assert made == []
    assert shine() == [] == shine()
    assert shine() is not shine()
    assert len(made) == 4


def test_a_mutable_default_in_a_field_is_not_shared_by_calls():
    @track_hyperparameters
    def shine(*, _names: list[str] = Field(["a"])):
        _names.append("b")
        return _names

    assert shine() == ["a", "b"] == shine()


def test_a_hyperparameter_needs_an_annotation():
    def shine(*, _watts=5): ...

    message = problem_of(shine)
    assert "'_watts'" in message
    assert "has no annotation. Write `_watts: <type> = <default>`." in message


@pytest.mark.parametrize("default", [Field(...), Field(description="Power.")], ids=["ellipsis", "none"])
def test_a_field_without_a_default_is_no_default(default):
    def shine(*, _watts: int = default): ...

    assert "'_watts'" in problem_of(shine)
    assert "has no default" in problem_of(shine)


def test_a_hyperparameter_needs_a_default():
    def shine(*, _watts: int): ...

    assert "has no default" in problem_of(shine)


def test_a_factory_in_annotated_does_as_a_default_only_with_one():
    def shine(*, _watts: Annotated[int, Field(default_factory=int)]): ...

    assert "has no default" in problem_of(shine)


@pytest.mark.parametrize(
    ("annotation", "default"),
    [
        (int, "5"),
        (int, None),
        (bool, 1),
        (Path, "x"),
        (list[Lamp], [{"watts": 3}]),
        (Annotated[int, Field(ge=0)], -1),
        (int, Field(5, le=4)),
    ],
    ids=str,
)
def test_a_default_fits_its_own_type(annotation, default):
    def shine(*, _watts: annotation = default): ...

    message = problem_of(shine)
    assert "'_watts'" in message
    assert "does not fit its type" in message


@pytest.mark.parametrize(
    ("annotation", "default"),
    [
        (Mapping[str, Lamp], MappingProxyType({"a": Lamp()})),
        (Set[int], {1}),
        (Iterable[Lamp], [Lamp()]),
        (Collection[int], [1]),
        (Size, {"width": 3}),
        (float, 1),
        (int | None, None),
        (tuple[int, ...], (1,)),
        (Callable[..., Any], print),
        (type[Lamp], Lamp),
    ],
    ids=str,
)
def test_what_a_type_checker_takes_as_a_default_is_one(annotation, default):
    @track_hyperparameters
    def shine(*, _watts: annotation = default):
        return _watts

    assert shine() is default


def test_types_that_pydantic_does_not_know_are_checked_by_instance():
    lock = threading.Lock()

    @track_hyperparameters
    def shine(*, _lock: type(lock) = lock):
        return _lock

    assert shine() is lock


def test_a_type_that_cannot_be_checked_is_named():
    class Shiny(Protocol):
        def shine(self): ...

    def shine(*, _watts: int = 1, _lamp: Shiny = Lamp()): ...

    message = problem_of(shine)
    assert "'lamp'" in message
    assert "'watts'" not in message


def test_many_arguments_are_no_hyperparameter():
    def positional(*_rest: int): ...
    def named(**_rest: int): ...

    assert "'_rest'" in problem_of(positional)
    assert "cannot stand for many arguments" in problem_of(named)


def test_an_underscore_alone_is_no_name():
    def shine(*, _: int = 1): ...
    def glow(*, __: int = 1): ...

    assert "nothing follows the underscore" in problem_of(shine)
    assert "nothing follows the underscore" in problem_of(glow)


def test_two_parameters_cannot_be_one_hyperparameter():
    def shine(*, _watts: int = 1, __watts: int = 2): ...

    message = problem_of(shine)
    assert "'_watts' and '__watts'" in message
    assert "'watts'" in message


@pytest.mark.parametrize("name", ["model_dump", "model_config", "model_fields_set", "model_post_init"])
def test_names_of_pydantic_are_taken(name):
    namespace = {}
    exec(f"def shine(*, _{name}: int = 1): ...", {"__name__": "lamps"}, namespace)

    assert f"have a {name!r} of their own" in problem_of(namespace["shine"])


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", ["schema", "copy", "json", "model_name", "lambda", "self", "root", "keys"])
def test_other_names_are_free(name):
    namespace = {}
    exec(f"def shine(*, _{name}: int = 1): return _{name}", {"__name__": "lamps"}, namespace)
    shine = track_hyperparameters(namespace["shine"])

    scope = Hyperparameters({shine: {name: 3}})

    with scope:
        assert shine() == 3
    assert getattr(scope[shine], name) == 3
    assert scope.model_dump() == {"lamps.shine": {name: 3}}


@pytest.mark.parametrize(
    "default",
    [Field(5, alias="power"), Field(5, exclude=True), Field(5, frozen=True)],
    ids=["alias", "exclude", "frozen"],
)
def test_options_that_would_hide_a_hyperparameter_are_refused(default):
    def shine(*, _watts: int = default): ...

    assert "Leave it out of its Field." in problem_of(shine)


def test_a_factory_takes_no_argument():
    def shine(*, _watts: int = Field(default_factory=lambda data: data["x"])): ...

    assert "default_factory takes an argument" in problem_of(shine)


def test_a_name_that_does_not_exist_yet_is_said():
    def shine(*, _lamp: "Chandelier" = None): ...  # noqa: F821

    assert "NameError: name 'Chandelier' is not defined" in problem_of(shine)


def test_other_annotations_are_nobodys_business():
    @track_hyperparameters
    def shine(room: "Nowhere", *, _watts: int = 1) -> "Nothing":  # noqa: F821
        return _watts

    assert shine(None) == 1


@pytest.mark.parametrize("thing", [3, int, print, Lamp()], ids=str)
def test_only_functions_are_tracked(thing):
    with pytest.raises(DefinitionError, match="is no function"):
        track_hyperparameters(thing)


def test_a_validator_that_fails_in_its_own_way_is_reported():
    def fail(value):
        raise RuntimeError("no lamp")

    def shine(*, _watts: Annotated[int, AfterValidator(fail)] = 1): ...

    assert "RuntimeError: no lamp" in problem_of(shine)


def test_parentheses_may_be_left_empty():
    @track_hyperparameters()
    def shine(*, _watts: int = 1):
        return _watts

    with Hyperparameters({shine: {"watts": 3}}):
        assert shine() == 3


@pytest.mark.parametrize(
    "annotation", [Final, Final[int], ClassVar[int], Annotated[Final[int], "x"]], ids=["bare", "final", "class", "deep"]
)
def test_what_is_no_type_of_a_value_is_refused(annotation):
    def shine(*, _watts: annotation = 1): ...

    message = problem_of(shine)
    assert "'_watts'" in message
    assert "Write the type alone." in message


@pytest.mark.parametrize("kind", [property, functools.cached_property])
def test_a_property_is_tracked_below(kind):
    with pytest.raises(DefinitionError, match=f"Write @track_hyperparameters below @{kind.__name__}"):
        track_hyperparameters(kind(lambda self: 1))


def test_what_has_hyperparameters_already_is_told_so():
    @llm_function
    def title(model, text: str, *, _n: int = 1) -> str:
        """Give it a title."""

    @track_hyperparameters
    def shine(*, _watts: int = 1): ...

    @functools.wraps(shine)
    def wrapper(**given):
        return shine(**given)

    @functools.wraps(title)
    def other(*given):
        return title(*given)

    for function in (title, staticmethod(title), wrapper, other):
        with pytest.raises(DefinitionError) as caught:
            track_hyperparameters(function)
        assert "has hyperparameters already, as LLM functions and tracked functions do" in str(caught.value)
        assert "Remove the @track_hyperparameters above it." in str(caught.value)


def test_a_reason_is_told_without_how_pydantic_knows_it():
    def fail(value):
        raise ValueError("no lamp")

    def shine(*, _watts: Annotated[int, AfterValidator(fail)] = 1): ...

    assert "does not fit its type: no lamp." in problem_of(shine)
