"""A model implements the stubs of every kind of class; what is implemented stays as it is."""

import abc
import copy
import dataclasses
import enum
import pickle
from dataclasses import InitVar, dataclass, field
from typing import NamedTuple, Protocol, runtime_checkable

import pytest
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, computed_field

from llm_strategy import llm_dataclass, llm_strategy
from llm_strategy.errors import DefinitionError
from llm_strategy.testing import ScriptedModel

ECHO = ScriptedModel(lambda messages: repr(str(messages[-1].content)).replace('"', "`").replace("'", '"'))


@llm_strategy(ECHO)
@dataclass
class Plain:
    name: str
    secret: str = field(default="x", repr=False)
    tags: list[str] = field(default_factory=list)
    scale: InitVar[int] = 1

    def __post_init__(self, scale):
        self.name *= scale

    def show(self) -> str:
        """Show it."""
        raise NotImplementedError

    def own(self) -> str:
        """My own."""
        return f"own {self.name}"


@llm_strategy(ECHO)
@dataclass(frozen=True, slots=True, order=True)
class Frozen:
    name: str

    def show(self) -> str:
        """Show it."""

    def own(self) -> str:
        """My own."""
        return f"own {self.name}"


@llm_strategy(ECHO)
class Model(BaseModel):
    name: str
    secret: str = Field("x", exclude=True)
    hidden: str = Field("y", repr=False)
    _private: int = PrivateAttr(3)

    @computed_field
    @property
    def size(self) -> int:
        return len(self.name)

    def show(self) -> str:
        """Show it."""

    def own(self) -> str:
        """My own."""
        return f"own {self.name} {self._private}"


@llm_strategy(ECHO)
class FrozenModel(BaseModel):
    model_config = ConfigDict(frozen=True)
    name: str

    def show(self) -> str:
        """Show it."""


@llm_strategy(ECHO)
class Simple:
    kind: str = "simple"

    def __init__(self, name):
        self.name = name
        self._cache = object()

    def show(self) -> str:
        """Show it."""


@llm_strategy(ECHO)
class Slotted:
    __slots__ = ("_secret", "name")

    def __init__(self, name):
        self.name = name
        self._secret = 3

    def show(self) -> str:
        """Show it."""


@llm_strategy(ECHO)
class OneSlot:
    __slots__ = "name"  # noqa: PLC0205

    def __init__(self, name):
        self.name = name

    def show(self) -> str:
        """Show it."""


@llm_strategy(ECHO)
class Pair(NamedTuple):
    name: str
    size: int = 3

    def show(self) -> str:
        """Show it."""


@llm_strategy(ECHO)
class Empty:
    def show(self) -> str:
        """Show it."""


@llm_strategy(ECHO)
class Words(list[str]):
    def show(self) -> str:
        """Show it."""


@pytest.mark.parametrize(
    ("instance", "shown"),
    [
        pytest.param(Plain("a", tags=["t"], scale=2), "self: {`name`: `aa`, `tags`: [`t`]}", id="dataclass"),
        pytest.param(Frozen("a"), "self: {`name`: `a`}", id="frozen-slots"),
        pytest.param(Model(name="a"), "self: {`name`: `a`, `size`: 1}", id="pydantic"),
        pytest.param(FrozenModel(name="a"), "self: {`name`: `a`}", id="frozen-pydantic"),
        pytest.param(Simple("a"), "self: {`name`: `a`, `kind`: `simple`}", id="plain"),
        pytest.param(Slotted("a"), "self: {`name`: `a`}", id="slots"),
        pytest.param(OneSlot("a"), "self: {`name`: `a`}", id="one-slot"),
        pytest.param(Pair("a"), "self: {`name`: `a`, `size`: 3}", id="named-tuple"),
        pytest.param(Words(["a"]), "self: [`a`]", id="list"),
    ],
)
def test_the_data_of_an_instance_is_part_of_the_prompt(instance, shown):
    assert instance.show() == shown


def test_an_instance_without_data_shows_none():
    (message,) = Empty().show.prompt()
    assert "Empty.show() -> str" in message.content
    assert "self" not in message.content


@pytest.mark.parametrize(
    "instance", [Plain("a"), Frozen("a"), Model(name="a"), FrozenModel(name="a"), Simple("a"), Pair("a")]
)
def test_the_class_keeps_its_name_and_place(instance):
    kind = type(instance)
    assert kind.__qualname__ == kind.__name__ == kind.__mro__[1].__name__
    assert kind.__module__ == __name__


@pytest.mark.parametrize("instance", [Plain("a"), Frozen("a"), Model(name="a")])
def test_implemented_members_are_left_alone(instance):
    assert instance.own().startswith("own a")
    assert type(instance).own is type(instance).__mro__[1].own


@pytest.mark.parametrize(
    "instance",
    [
        Plain("a", "s"),
        Frozen("a"),
        Model(name="a", secret="s"),
        FrozenModel(name="a"),
        Simple("a"),
        Slotted("a"),
        Pair("a"),
        Empty(),
        Words(["a"]),
    ],
    ids=lambda instance: type(instance).__name__,
)
def test_instances_are_copied_and_pickled(instance):
    for other in (copy.copy(instance), copy.deepcopy(instance), pickle.loads(pickle.dumps(instance))):
        assert type(other) is type(instance)
        assert other.show() == instance.show()


def test_dataclasses_stay_dataclasses():
    assert dataclasses.replace(Frozen("a"), name="b") == Frozen("b")
    assert [each.name for each in dataclasses.fields(Plain)] == ["name", "secret", "tags"]
    assert repr(Frozen("a")) == "Frozen(name='a')"
    assert Frozen("a") < Frozen("b")
    assert hash(Frozen("a")) == hash(Frozen("a"))
    assert not hasattr(Frozen("a"), "__dict__")
    with pytest.raises(dataclasses.FrozenInstanceError):
        Frozen("a").name = "b"


def test_models_stay_models():
    assert Model(name="a").model_dump() == {"name": "a", "hidden": "y", "size": 1}
    assert Model.model_validate({"name": "a"}) == Model(name="a")
    assert repr(FrozenModel(name="a")) == "FrozenModel(name='a')"
    with pytest.raises(ValueError, match="frozen"):
        FrozenModel(name="a").name = "b"


def test_slots_stay_slots():
    assert not hasattr(Slotted("a"), "__dict__")


class Interface(abc.ABC):
    """What a shop can do."""

    name: str = "Tea"

    @abc.abstractmethod
    def find(self, query: str) -> str:
        """Find it."""
        return query

    @property
    @abc.abstractmethod
    def size(self) -> int:
        """The size."""

    @size.setter
    @abc.abstractmethod
    def size(self, value): ...

    @classmethod
    @abc.abstractmethod
    def parse(cls, text: str) -> int:
        """Parse."""

    @staticmethod
    @abc.abstractmethod
    def add(a: int, b: int) -> int:
        """Add."""

    @abc.abstractmethod
    def __len__(self) -> int:
        """How many there are."""


def test_abstract_members_are_always_implemented():
    implemented = llm_strategy(ScriptedModel(["green", "3", "4", "5", "6"]))(Interface)
    shop = implemented()
    assert isinstance(shop, Interface)
    assert (shop.find("tea"), shop.size, implemented.parse("x"), shop.add(1, 2), len(shop)) == ("green", 3, 4, 5, 6)
    assert not implemented.__abstractmethods__
    with pytest.raises(AttributeError):
        shop.size = 3


def test_the_class_that_was_given_stays_abstract():
    llm_strategy(ECHO)(Interface)
    with pytest.raises(TypeError, match="abstract"):
        Interface()


def test_a_skipped_abstract_member_stays_abstract():
    with pytest.raises(TypeError, match="abstract method"):
        llm_strategy(ECHO, skip={"find"})(Interface)()


@runtime_checkable
class Translator(Protocol):
    language: str

    def translate(self, text: str) -> str:
        """Translate it."""
        ...

    def name(self) -> str:
        """An implemented member of a protocol."""
        return "translator"


class Rater(Protocol):
    def __call__(self, text: str) -> int:
        """Rate it."""
        ...


def test_a_protocol_becomes_a_class():
    translator = llm_strategy(ScriptedModel(["Hallo"]))(Translator)()
    translator.language = "German"
    assert translator.translate("Hello") == "Hallo"
    assert translator.name() == "translator"
    assert isinstance(translator, Translator)


def test_a_protocol_of_one_function_is_called():
    assert llm_strategy(ScriptedModel(["3"]))(Rater)()("Hello") == 3


class Colour(enum.Enum):
    RED = 1

    def mood(self) -> str:
        """The mood of it."""

    @llm_strategy(ECHO)
    def shade(self) -> str:
        """A shade of it."""


def test_a_class_that_allows_no_subclass_is_refused():
    with pytest.raises(
        DefinitionError, match="'Colour' cannot be given implemented stubs, since it allows no subclass"
    ) as caught:
        llm_strategy(ECHO)(Colour)
    assert "Decorate its methods one by one" in str(caught.value)


def test_methods_of_an_enumeration_are_decorated_one_by_one():
    assert Colour.RED.shade() == "self: 1"


def test_parents_and_children_work_together():
    class Child(Plain):
        def show(self) -> str:
            """Show more."""
            return super().show() + "!"

    child = Child("a")
    assert child.show() == "self: {`name`: `a`, `tags`: []}!"
    assert isinstance(child, Plain)
    assert issubclass(Child, Plain)


def test_inherited_stubs_are_implemented():
    @dataclass
    class Base:
        name: str

        def show(self) -> str:
            """Show it."""

        def own(self) -> str:
            """My own."""

    @llm_strategy(ECHO)
    @dataclass
    class Child(Base):
        size: int = 3

        def own(self) -> str:
            return "own"

    assert Child("a").show() == "self: {`name`: `a`, `size`: 3}"
    assert Child("a").own() == "own"


def test_a_class_inside_a_class_is_implemented():
    class Outer:
        @llm_strategy(ECHO)
        @dataclass
        class Inner:
            name: str

            def show(self) -> str:
                """Show it."""

        def own(self):
            return self.Inner("a").show()

    assert Outer().own() == "self: {`name`: `a`}"
    assert Outer.Inner.__qualname__.endswith("Outer.Inner")


def test_llm_dataclass_takes_dataclasses_only():
    @dataclass
    class Thing:
        name: str

        def show(self) -> str:
            """Show it."""

    assert llm_dataclass(Thing, ECHO)("a").show() == "self: {`name`: `a`}"
    for given in (Interface, Thing("a"), 3):
        with pytest.raises(DefinitionError, match=r"is no dataclass. Put @dataclass on it, or use llm_strategy"):
            llm_dataclass(given, ECHO)


def test_a_model_in_the_place_of_a_dataclass_is_named_by_its_kind():
    with pytest.raises(DefinitionError, match=r"^A 'ScriptedModel' object is no dataclass"):
        llm_dataclass(ECHO)
