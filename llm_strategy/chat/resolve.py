"""From what a user calls a model (an object, a name, nothing) to the `ChatModel` that a flow asks.

Names have the form `scheme:rest`. The bodies behind the schemes are loaded when they are first named: the library does
not know them otherwise.
"""

from __future__ import annotations

import os
import sys
from contextvars import ContextVar
from difflib import get_close_matches
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeAlias
from weakref import ref

from llm_strategy.errors import NoModelError, UnknownModelError
from llm_strategy.flow import ChatModel

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextvars import Token
    from types import TracebackType

    from langchain_core.language_models import BaseChatModel
    from langchain_core.language_models.llms import BaseLLM

__all__ = ["MODEL_VARIABLE", "ModelLike", "SCHEMES", "resolve", "use_model"]

MODEL_VARIABLE = "LLM_STRATEGY_MODEL"
"""Environment variable that names the model where none is given."""

if TYPE_CHECKING:
    ModelLike: TypeAlias = "BaseChatModel | BaseLLM | ChatModel | str"
    """What may stand for a model: a langchain chat or completion model, a `ChatModel`, or a name."""
else:
    ModelLike = Any  # stubs are annotated with it, and their annotations are evaluated without langchain

SCHEMES = {
    "local": "llm_strategy.models.local:open_local",
    "replay": "llm_strategy.models.replay:open_tape",
    "openai": "llm_strategy.models.hosted:open_openai",
}
"""What stands before the colon of a model's name, and the function that opens the rest."""

_default: list[ModelLike | None] = [None]
_SCOPED: ContextVar[ModelLike | None] = ContextVar("llm_strategy_model", default=None)
_adapted: dict[int, tuple[ref[Any], ChatModel]] = {}
_opened: dict[str, ChatModel] = {}


class use_model:  # noqa: N801 (reads as a verb, and works as a context manager too)
    """Set the model of all calls that name none.

    As a statement it holds for the whole process from then on; in a `with` it holds inside the block, in this thread or
    task and those started from it by the library.

    >>> from llm_strategy.testing import ScriptedModel
    >>> with use_model(ScriptedModel(["yes"])) as model:
    ...     resolve(None).reply is not None
    True
    """

    def __init__(self, model: ModelLike) -> None:
        self.model = model
        """The model that was set."""
        self._before = _default[0]
        self._token: Token[ModelLike | None] | None = None
        _default[0] = model

    def __enter__(self) -> ModelLike:
        _default[0] = self._before
        self._token = _SCOPED.set(self.model)
        return self.model

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._token is not None:
            _SCOPED.reset(self._token)


def resolve(model: ModelLike | None = None) -> ChatModel:
    """Return the `ChatModel` behind an object or a name; with None, behind the default.

    Raises:
        NoModelError: None was given, and no default is set.
        UnknownModelError: the name, or the kind of object, means nothing here.
        ConfigurationError: the model behind the name cannot be opened.
    """
    if model is None:
        return resolve(_default_model())
    if isinstance(model, str):
        return _named(model)
    known = _adapted.get(id(model))
    if known is not None and known[0]() is model:
        return known[1]
    return _adapt(model)


def _default_model() -> ModelLike:
    model = _SCOPED.get() or _default[0] or os.environ.get(MODEL_VARIABLE)
    if model is None:
        raise NoModelError(
            "No model: pass one to the call or the decorator, set one with llm_strategy.use_model(...), or name one in "
            f"the environment variable {MODEL_VARIABLE}. 'local' is the embedded model, 'openai:gpt-4o-mini' a hosted one."
        )
    return model


def _named(name: str) -> ChatModel:
    if name in _opened:
        return _opened[name]
    scheme, _, rest = name.partition(":")
    if scheme not in SCHEMES:
        near = get_close_matches(scheme, SCHEMES, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        known = ", ".join(repr(scheme) for scheme in SCHEMES)
        raise UnknownModelError(
            f"Unknown model {name!r}: {scheme!r} is none of the known kinds {known}.{hint} "
            "Names look like 'local', 'local:/path/model.gguf', 'openai:gpt-4o-mini' or 'replay:tape.jsonl'; "
            "any other model is passed as a langchain object."
        )
    module, _, function = SCHEMES[scheme].partition(":")
    opener: Callable[[str], ModelLike] = getattr(import_module(module), function)
    _opened[name] = resolve(opener(rest))
    return _opened[name]


def _adapt(model: object) -> ChatModel:
    adapted = _adapter(model)
    number = id(model)
    _adapted[number] = (ref(model, lambda _: _adapted.pop(number, None)), adapted)
    return adapted


def _adapter(model: object) -> ChatModel:
    languages = sys.modules.get("langchain_core.language_models")
    if languages is not None and isinstance(model, languages.BaseChatModel):
        from llm_strategy.chat.langchain import LangchainChat

        return LangchainChat(model)
    if languages is not None and isinstance(model, languages.BaseLLM):
        from llm_strategy.chat.completion import CompletionChat

        return CompletionChat(model)
    if isinstance(model, ChatModel):
        return model
    raise UnknownModelError(
        f"{model!r} of type {type(model).__name__!r} is no model. Pass a langchain chat or completion model, a "
        "ChatChain, or a name such as 'local' or 'openai:gpt-4o-mini'."
    )
