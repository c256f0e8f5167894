"""Scopes as JSON: to a file, to a person, to another process, and back."""

# ruff: noqa: B006, B008 (mutable and computed defaults are the subject)

import dataclasses
import datetime as dt
import enum
import json
import math
import pickle
import subprocess
import sys
from collections.abc import Callable, Set
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, TypeVar

import pytest
from pydantic import BaseModel, BeforeValidator, Field, PlainSerializer, SecretStr

from llm_strategy.errors import HyperparameterError
from llm_strategy.hyperparameters import Hyperparameters, track_hyperparameters

T = TypeVar("T")


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Box(BaseModel, Generic[T]):
    inside: T
    spare: float = math.nan


class Lamp(BaseModel):
    watts: int = 5
    colours: list[Colour] = []


class BigLamp(Lamp):
    size: int = 9


@dataclasses.dataclass
class Pair:
    left: int
    right: str | None = None


@track_hyperparameters
def plain(*, _x: int = 1, _text: str = "a\nb"):
    return _x


@track_hyperparameters
def rich(
    *,
    _lamp: Lamp = Lamp(),
    _pair: Pair = Pair(1),
    _colour: Colour = Colour.RED,
    _day: dt.date = dt.date(2026, 1, 31),
    _lasts: dt.timedelta = dt.timedelta(hours=1),
    _tags: set[str] = {"a"},
    _places: dict[int, tuple[float, ...]] = {1: (0.5,)},
    _kind: Literal["a", 1] = "a",
    _either: int | str | None = None,
    _box: Box[list[Lamp]] = Box[list[Lamp]](inside=[Lamp()]),
    _limit: float = math.inf,
    _price: Decimal = Decimal("1.50"),
    _path: Path = Path("x"),
    _bytes: bytes = b"abc",
    _strict: Annotated[dt.date, Field(strict=True)] = dt.date(2026, 1, 31),
    _members: Set[int] = {1},
):
    return locals()


CHANGED = {
    "lamp": Lamp(watts=9, colours=[Colour.BLUE]),
    "pair": Pair(2, "x"),
    "colour": Colour.BLUE,
    "day": dt.date(2025, 2, 3),
    "lasts": dt.timedelta(days=2, seconds=1),
    "tags": {"b", "c"},
    "places": {3: (1.0, 2.0)},
    "kind": 1,
    "either": "text",
    "box": Box[list[Lamp]](inside=[Lamp(watts=1)], spare=2),
    "limit": -math.inf,
    "price": Decimal("2.25"),
    "path": Path("y/z"),
    "bytes": b"def",
    "strict": dt.date(2025, 2, 3),
    "members": frozenset({2}),
}


def test_a_scope_comes_back_whole():
    scope = Hyperparameters({rich: CHANGED, plain: {"x": 3}})

    again = Hyperparameters.model_validate_json(scope.model_dump_json(indent=2))

    assert again == scope
    assert {name: type(value) for name, value in dict(again[rich]).items()} == {
        name: type(value) for name, value in CHANGED.items()
    }
    with again:
        assert rich()["_lamp"] == CHANGED["lamp"]
        assert plain() == 3


def test_what_was_used_comes_back_as_it_was():
    with Hyperparameters() as scope:
        used = rich()

    again = Hyperparameters.model_validate_json(scope.model_dump_json())

    assert again == scope
    with again:
        assert rich() == {**used, "_box": rich()["_box"]}
    assert math.isnan(again[rich].box.spare)


def test_json_is_made_for_people():
    scope = Hyperparameters({plain: {"x": 3}})

    assert (
        scope.model_dump_json(indent=2) == f'{{\n  "{__name__}.plain": {{\n    "x": 3,\n    "text": "a\\nb"\n  }}\n}}'
    )
    assert scope.model_dump_json(exclude_unset=True) == f'{{"{__name__}.plain":{{"x":3}}}}'
    assert Hyperparameters().model_dump_json() == "{}"


def test_what_was_set_comes_back_as_that():
    scope = Hyperparameters({plain: {"x": 3}, rich: {}})
    scope[rich].lamp.colours.append(Colour.BLUE)

    again = Hyperparameters.model_validate_json(scope.model_dump_json(exclude_unset=True))

    assert again.model_dump(exclude_unset=True) == {
        plain.config_name: {"x": 3},
        rich.config_name: {"lamp": {"watts": 5, "colours": [Colour.BLUE]}},
    }


def test_data_in_python_may_be_read_as_well():
    scope = Hyperparameters({rich: CHANGED})

    assert Hyperparameters.model_validate(scope.model_dump()) == scope
    assert Hyperparameters(scope.model_dump()) == scope
    assert Hyperparameters.model_validate(scope) is scope


def test_parts_of_a_scope_are_dumped():
    scope = Hyperparameters({plain: {"x": 3}, rich: {"kind": 1, "day": "2025-02-03"}})
    name = plain.config_name

    assert scope.model_dump(include={name}) == {name: {"x": 3, "text": "a\nb"}}
    assert scope.model_dump(exclude={rich.config_name: True, name: {"x"}}) == {name: {"text": "a\nb"}}
    assert scope.model_dump(include={name: ..., rich.config_name: {"kind"}})[rich.config_name] == {"kind": 1}
    assert scope.model_dump(exclude_defaults=True, include={name}) == {name: {"x": 3}}
    assert scope.model_dump(exclude_unset=True, include={name: {"text": True}}) == {}
    assert scope[rich].model_dump(exclude_unset=True, include={"kind", "lamp"}) == {"kind": 1}
    assert scope.model_dump(mode="json", exclude_unset=True)[rich.config_name] == {"kind": 1, "day": "2025-02-03"}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"xx": 1}, "has no hyperparameter 'xx'. Did you mean 'x'?"),
        ({"x": "many"}, "hyperparameter 'x' cannot be 'many'"),
        ([1], "[1] holds no hyperparameters"),
    ],
    ids=["unknown", "ill-typed", "no object"],
)
def test_json_that_does_not_fit_names_the_place(value, said):
    with pytest.raises(HyperparameterError) as caught:
        Hyperparameters.model_validate_json(json.dumps({plain.config_name: value}))

    assert said in str(caught.value)
    assert repr(plain.config_name) in str(caught.value)


def test_an_unknown_function_is_named_and_nothing_is_imported():
    with pytest.raises(HyperparameterError) as caught:
        Hyperparameters.model_validate_json(f'{{"this.{plain.config_name}": {{"x": 1}}}}')

    message = str(caught.value)
    assert f"No tracked function is called 'this.{plain.config_name}'. Did you mean " in message
    assert repr(plain.config_name) in message
    assert "Import the module that defines it first ('this" in message
    assert "this" not in sys.modules
    with pytest.raises(HyperparameterError, match=r"Names are 'module\.f'\."):
        Hyperparameters({"zzzzzzzzz": {}})


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '"x"', "null"])
def test_what_is_no_object_is_no_scope(text):
    with pytest.raises(HyperparameterError, match="holds no hyperparameters"):
        Hyperparameters.model_validate_json(text)


def failing(value):
    raise RuntimeError("not today.")


@pytest.mark.parametrize(
    ("annotation", "value", "why"),
    [
        (dict[tuple[int, int], int], {(1, 2): 3}, "what is written cannot be read"),
        (Callable[..., Any], print, "Unable to serialize unknown type"),
        (Lamp, BigLamp(), "it holds BigLamp"),
        (list[Lamp], [Lamp(), BigLamp()], "it holds Lamp, BigLamp"),
        (Any, Lamp(), "it holds Lamp, and the type of the field does not say so"),
        (bytes, b"\xff", "invalid utf-8"),
        (Annotated[int, PlainSerializer(failing)], 1, "not today"),
        (dict[str, SecretStr], {"key": SecretStr("x")}, "it holds a secret"),
        (Annotated[Lamp, PlainSerializer(lambda lamp: lamp.watts)], Lamp(), "what is written cannot be read"),
    ],
    ids=["keys", "callable", "subclass", "subclass inside", "any", "bytes", "serializer", "secret", "one way"],
)
def test_a_value_without_a_json_form_is_named(annotation, value, why):
    @track_hyperparameters
    def shine(*, _watts: int = 1, _lamp: annotation = value): ...

    scope = Hyperparameters({shine: {}})

    for dump in (scope.model_dump_json, lambda: scope.model_dump(mode="json")):
        with pytest.raises(HyperparameterError) as caught:
            dump()
        where = f"{shine.config_name!r}: hyperparameter 'lamp' has no JSON form: {value!r} ("
        assert str(caught.value).startswith(where)
        assert why in str(caught.value)
    assert scope.model_dump_json(exclude_unset=True) == "{}"
    assert scope.described()[shine.config_name]["watts"] == 1
    json.dumps(scope.described())


def test_an_error_of_writing_ends_its_chain_of_causes():
    @track_hyperparameters
    def shine(*, _lamp: Callable[..., Any] = print): ...

    with pytest.raises(HyperparameterError) as caught:
        Hyperparameters({shine: {}}).model_dump_json(indent=2)
    chain = [caught.value]
    while chain[-1].__cause__ is not None:
        chain.append(chain[-1].__cause__)
        assert len(chain) < 9


def test_a_change_in_place_to_something_of_another_type_is_found_when_it_is_written():
    scope = Hyperparameters()
    scope[rich].tags.add(3)

    with pytest.raises(HyperparameterError, match="hyperparameter 'tags' has no JSON form"):
        scope.model_dump_json()


def test_types_with_a_way_there_and_back_are_written():
    Celsius = Annotated[complex, BeforeValidator(complex), PlainSerializer(str, return_type=str)]

    @track_hyperparameters
    def heat(*, _to: Celsius = 1j):
        return _to

    scope = Hyperparameters({heat: {"to": 2 + 3j}})

    assert Hyperparameters.model_validate_json(scope.model_dump_json()) == scope


def test_another_process_uses_a_scope(tmp_path):
    (tmp_path / "lamps.py").write_text(
        "from pydantic import BaseModel\n"
        "from llm_strategy.hyperparameters import Hyperparameters, track_hyperparameters\n"
        "class Lamp(BaseModel):\n    watts: int = 5\n"
        "@track_hyperparameters\n"
        "def shine(*, _lamp: Lamp = Lamp(), _times: int = 1):\n    return _lamp.watts * _times\n"
    )
    write = (
        "import lamps\nwith lamps.Hyperparameters() as scope: lamps.shine()\n"
        "scope[lamps.shine].lamp.watts = 7\nprint(scope.model_dump_json())"
    )
    use = (
        "import sys, lamps\nscope = lamps.Hyperparameters.model_validate_json(sys.stdin.read())\n"
        "with scope: print(lamps.shine())"
    )

    def run(code, given=""):
        done = subprocess.run(
            [sys.executable, "-c", code], input=given, capture_output=True, text=True, cwd=tmp_path, check=True
        )
        return done.stdout.strip()

    text = run(write)
    assert text == '{"lamps.shine":{"lamp":{"watts":7},"times":1}}'
    assert run(use, text) == "7"


def test_a_scope_travels_to_the_workers_of_a_pool():
    scope = Hyperparameters({plain: {"x": 3}, rich: CHANGED})
    sent = pickle.dumps(scope)

    again = pickle.loads(sent)

    assert again == scope
    assert again.model_dump(exclude_unset=True, include={plain.config_name}) == {plain.config_name: {"x": 3}}
    with pytest.raises(HyperparameterError, match=r"No tracked function is called 'gone\.f"):
        pickle.loads(sent.replace(plain.config_name.encode(), b"gone.f".ljust(len(plain.config_name), b"f")))
