"""What all LLM functions have in common: a stub with an implementation, and for methods what it is called on."""

from __future__ import annotations

import copy
import functools
import inspect
import pickle
import sys
from collections.abc import AsyncIterable, Iterable, Sized
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Self, cast

from llm_strategy.errors import InputError
from llm_strategy.function.awaited_inputs import AwaitedCalls
from llm_strategy.function.many import Many, OneCall
from llm_strategy.function.questions import Call

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import BaseModel

    from llm_strategy.chat import ChatChain, ModelLike
    from llm_strategy.flow import Flow
    from llm_strategy.function.implementation import Implementation
    from llm_strategy.function.many import ManyOptions
    from llm_strategy.function.settings import Settings
    from llm_strategy.hyperparameters import ConfigModel

__all__ = ["Answered"]


class _Signature:
    """The signature of an LLM function, as `inspect` looks for it; the class itself has none of this kind."""

    def __get__(self, instance: Answered | None, owner: type) -> inspect.Signature | None:
        return None if instance is None else instance.signature()


class Answered:
    """A stub that a model answers."""

    __signature__ = _Signature()
    asks_a_model = True
    """Tells properties that are questions from those that can be read for nothing."""

    def __init__(self, implementation: Implementation, owner: object = None) -> None:
        self._implementation = implementation
        self._owner = owner
        functools.update_wrapper(cast("Callable[..., Any]", self), implementation.definition.function)
        self.__dict__.pop("__isabstractmethod__", None)  # it is implemented now
        mark: Callable[[Any], Any] | None = getattr(inspect, "markcoroutinefunction", None)  # Python 3.12 on
        if mark is not None and implementation.definition.awaited:
            mark(self)

    @property
    def settings(self) -> Settings:
        """What shapes the calls."""
        return self._implementation.settings

    @property
    def config_name(self) -> str:
        """The name in scopes of hyperparameters: `module.qualname`."""
        return self._implementation.origin.config_name

    @property
    def config_model_type(self) -> type[ConfigModel]:
        """A pydantic model of the hyperparameters; its defaults are what calls use where no scope says otherwise."""
        return self._implementation.configuration.config_model_type

    @property
    def implementation(self) -> Implementation:
        """What answers calls where no scope says otherwise."""
        return self._implementation

    @property
    def _operative(self) -> Implementation:
        """What answers a call here and now."""
        return self._implementation.in_force()

    @property
    def input_type(self) -> type[BaseModel]:
        """A pydantic model of the inputs."""
        return self._implementation.questions.input_type()

    @property
    def output_type(self) -> Any:
        """The declared type of the value, or of one item where items are streamed."""
        return self._implementation.definition.value_type

    def signature(self) -> inspect.Signature:
        """Return the signature of the calls: that of the stub, but for an owner or a model that is fixed already."""
        definition = self._implementation.definition
        signature = inspect.signature(definition.function)
        parameters = list(signature.parameters.values())
        at = int(definition.owner is not None)
        if definition.has_model and "_model" in self.__dict__:
            del parameters[at]
        return signature.replace(parameters=parameters if self._unbound else parameters[at:])

    @property
    def input_hints(self) -> dict[str, Any]:
        """The evaluated annotations of the inputs, by their names, and `return`: what a tool of it takes and gives."""
        definition = self._implementation.definition
        return {**definition.input_hints, "return": definition.asked_type}

    def _flow(self, asked: ModelLike | ChatChain | None, call: Call) -> Flow[Any]:
        answer = yield from self._operative.answer(asked, call)
        return answer.value

    def __repr__(self) -> str:
        return f"<LLM function {self._implementation.definition.where}>"

    def _identity(self) -> tuple[int, ...]:
        return id(self._implementation), id(self._owner), id(self.__dict__.get("_model"))

    def __eq__(self, other: object) -> bool:
        """Whether it is the same function, looked up on the same thing: each look-up makes an object, as of methods."""
        if not isinstance(other, Answered) or type(other) is not type(self):
            return NotImplemented
        return self._identity() == other._identity()

    def __hash__(self) -> int:
        return hash(self._identity())

    def __copy__(self) -> Self:
        return self  # nothing in it changes

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Return the method of a copy of what it was looked up on, as for any method; of anything else, itself."""
        return self if self._owner is None else self._looked_up(copy.deepcopy(self._owner, memo))

    def __reduce__(self) -> Any:
        """Pickle by name, as functions are.

        Raises:
            PicklingError: the name stands for another function, or one with other settings.
        """
        function = self._implementation.definition.function
        place = sys.modules.get(function.__module__) if self._owner is None else self._owner
        name = function.__qualname__ if self._owner is None else function.__name__
        try:
            found = attrgetter(name)(place)
        except AttributeError:
            found = None
        if found != self:
            raise pickle.PicklingError(
                f"{self._implementation.definition.where!r} is pickled by its name, and {name!r} is not this very "
                "function: its settings or its model were changed, or it is not found there. Pickle the function as it "
                "was defined, and apply using(...) or bind(...) after loading."
            )
        return name if self._owner is None else (getattr, (self._owner, name))

    def _looked_up(self, instance: object) -> Self:
        """Return the function as it is when it is looked up on an instance or class."""
        if instance is None or self._implementation.definition.owner is None:
            return self
        bound = object.__new__(type(self))
        bound.__dict__.update(self.__dict__)
        bound._owner = instance
        return bound

    @property
    def _unbound(self) -> bool:
        """Whether this is a method that was not looked up on anything: its first argument is the owner."""
        return self._owner is None and self._implementation.definition.owner is not None

    def _call_of(self, args: tuple[Any, ...], kwargs: dict[str, Any], *, names_model: bool = False) -> Call:
        """Return a call; where a method is called through its class, the first argument is what it is called on."""
        if not self._unbound:
            return Call(args, kwargs, self._owner, names_model)
        if not args:
            raise self._no_owner()
        return Call(args[1:], kwargs, args[0], names_model)

    def _many(
        self, asked: ModelLike | ChatChain | None, inputs: Iterable[Any] | AsyncIterable[Any], options: ManyOptions
    ) -> Many:
        """Return a call for each input: a dict of arguments, a tuple of them, or else the first argument."""
        if self._unbound:
            raise self._no_owner()
        call_with = partial(self._call_with, single=len(self._implementation.definition.inputs) == 1)
        function = OneCall(self._operative, asked)
        if isinstance(inputs, AsyncIterable):
            return Many(function, AwaitedCalls(inputs, call_with), None, options)
        self._check_inputs(inputs)
        return Many(function, map(call_with, inputs), len(inputs) if isinstance(inputs, Sized) else None, options)

    def _check_inputs(self, inputs: Any) -> None:
        where = self._implementation.definition.where
        if isinstance(inputs, str | bytes):
            raise InputError(
                f"{where}: the inputs are {inputs[:80]!r}, and each character would be an input. Pass a list of inputs."
            )
        try:
            iter(inputs)
        except TypeError as error:
            raise InputError(
                f"{where}: the inputs are {inputs!r:.200}, and not several. Pass a list of inputs."
            ) from error

    def _call_with(self, given: Any, *, single: bool) -> Call:
        if _is_a(given, dict) and not single:
            return Call((), given, self._owner)
        if _is_a(given, tuple) and not single:
            return Call(given, {}, self._owner)
        return Call((given,), {}, self._owner)

    def _no_owner(self) -> InputError:
        """Return the error of a method that is called on nothing."""
        definition = self._implementation.definition
        return InputError(
            f"{definition.where!r} is a method, and there is no {definition.owner!r} to call it on. "
            "Look it up on an instance, or pass one as the first argument."
        )


def _is_a(value: Any, kind: type) -> bool:
    return isinstance(value, kind)
