"""A tool: a Python function that a model may call."""

from __future__ import annotations

import functools
from dataclasses import replace
from inspect import cleandoc, iscoroutine
from types import MethodType
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, TypeVar, cast, overload

from llm_strategy.chat import reader_for
from llm_strategy.errors import DefinitionError, UntrustedInputError
from llm_strategy.flow import ToolSpec
from llm_strategy.schema import distrust, is_untrusted
from llm_strategy.schema.marks import is_marked
from llm_strategy.tools.origin import Origin
from llm_strategy.tools.signature import ToolSignature, is_method, read_signature

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pydantic import BaseModel

    from llm_strategy.chat import Reader
    from llm_strategy.tools.rules import Rules

__all__ = ["Tool"]

_NONE = frozenset({"", "null"})
"""What models write where they pass no arguments."""

P = ParamSpec("P")
Q = ParamSpec("Q")
R_co = TypeVar("R_co", covariant=True)


class Tool(Generic[P, R_co]):
    """A function with a description that a model can call it by. Made by `tool`.

    Called by the program, it is the function, but for one thing: an argument that came from an untrusted text is
    refused where neither the tool nor the parameter says that it may.

    Raises:
        DefinitionError: it has no description, or a parameter that a model cannot fill.
    """

    def __init__(self, function: Callable[P, R_co], rules: Rules, *, origin: Origin | None = None) -> None:
        self.function: Callable[..., Any] = function
        """What is called."""
        self.origin: Origin = origin or Origin()
        """What is known of it besides, where it is no plain function."""
        self.rules: Rules = rules
        """What it accepts, and who is asked before."""
        functools.update_wrapper(cast("Callable[..., Any]", self), function)
        self.name: str = rules.name or getattr(function, "__name__", "tool")
        """The name that a model calls it by."""
        self.description: str = rules.description or cleandoc(getattr(function, "__doc__", None) or "")
        """What a model is told about it."""
        if not self.description:
            raise DefinitionError(
                f"Tool {self.where!r} has no docstring, and the model would not know what it is for. Add one, or "
                "description=..."
            )
        self._unbound = self.origin.signature is None and is_method(function)
        if not self._unbound:
            _ = self.signature

    @property
    def where(self) -> str:
        """Module and qualified name, for errors."""
        return self.origin.where or f"{self.function.__module__}.{getattr(self.function, '__qualname__', self.name)}"

    @functools.cached_property
    def signature(self) -> ToolSignature:
        """The arguments and the value."""
        return self.origin.signature or read_signature(self.function, self.where)

    @functools.cached_property
    def spec(self) -> ToolSpec:
        """What a model is told of it: what a request offers."""
        signature = self.signature
        return ToolSpec(self.name, self.description, signature.schema or signature.arguments.wrapped_schema)

    @property
    def parameters(self) -> Mapping[str, Any]:
        """JSON schema of the arguments, as providers are told it."""
        return self.signature.arguments.strict_schema() or self.signature.arguments.json_schema

    @functools.cached_property
    def _reader(self) -> Reader[BaseModel]:
        return self.signature.reader or reader_for(self.signature.arguments)

    def read(self, arguments: str) -> BaseModel:
        """Return the arguments in a model's JSON text, checked and converted as values of LLM functions are.

        Raises:
            ReplyError: they are damaged, or do not fit; its message can be shown to the model.
        """
        return self._reader.read("{}" if arguments.strip() in _NONE else arguments).value

    def accepts(self, names: frozenset[str]) -> bool:
        """Return whether untrusted values may be passed for these parameters."""
        return self.rules.accepts_untrusted or (bool(names) and names <= self.signature.untrusted)

    def refusal(self, names: frozenset[str]) -> UntrustedInputError:
        """Return the error for untrusted values that may not be passed."""
        those = ", ".join(map(repr, sorted(names - self.signature.untrusted))) or "its call"
        return UntrustedInputError(
            f"Tool {self.name!r} does not accept untrusted input, and {those} came from it. If the tool can do no harm,"
            " declare it with @tool(accepts_untrusted=True), or the parameter as Untrusted[...]; to let one value pass "
            "that you have looked at, use trust(...)."
        )

    @property
    def returns_untrusted(self) -> bool:
        """Whether its values come from somebody who is not trusted: its return type is `Untrusted[...]`."""
        return is_marked(self.signature.value)

    def marked(self, value: Any, *, tainted: bool) -> Any:
        """Return a value of the tool, with the mark where it needs one."""
        return distrust(value, self.signature.value) if tainted or self.returns_untrusted else value

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co:
        """Call the function.

        Raises:
            UntrustedInputError: an argument came from somebody who is not trusted, and the tool does not accept that.
        """
        if self._unbound and args:  # called through the class
            bound: Any = self.__get__(cast("Any", args[0]))
            return cast("R_co", bound(*args[1:], **kwargs))
        names = self._untrusted(args, kwargs)
        if names and not self.accepts(names):
            raise self.refusal(names)
        value: Any = self.function(*args, **self.signature.defaults(len(args), kwargs), **kwargs)
        if iscoroutine(value):
            return cast("R_co", self._awaited(value, tainted=bool(names)))
        return cast("R_co", self.marked(value, tainted=bool(names)))

    async def _awaited(self, value: Any, *, tainted: bool) -> Any:
        return self.marked(await value, tainted=tainted)

    def _untrusted(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> frozenset[str]:
        named = {**dict(zip(self.signature.fields, args, strict=False)), **kwargs}
        if self.signature.many:
            named[self.signature.many] = args[list(self.signature.fields).index(self.signature.many) :]
        return frozenset(name for name, value in named.items() if is_untrusted(value))

    def __repr__(self) -> str:
        return f"<tool {self.where}>"

    @overload
    def __get__(self, instance: None, owner: type | None = None) -> Tool[P, R_co]: ...
    @overload
    def __get__(
        self: Tool[Concatenate[Any, Q], R_co], instance: object, owner: type | None = None
    ) -> Tool[Q, R_co]: ...
    def __get__(self, instance: object, owner: type | None = None) -> Any:
        if instance is None or not self._unbound:
            return self
        return Tool(MethodType(self.function, instance), replace(self.rules, name=self.name))
