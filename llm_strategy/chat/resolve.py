"""From what a user calls a model (an object, a name, nothing) to the `ChatModel` that a flow asks.

Names have the form `scheme:rest`. The bodies behind the schemes are loaded when they are first named: the library does
not know them otherwise.
"""

from __future__ import annotations

import os
import sys
import threading
from contextvars import ContextVar
from difflib import get_close_matches
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeAlias
from weakref import WeakValueDictionary

from llm_strategy.chat.runnables import advice_on
from llm_strategy.errors import NoModelError, UnknownModelError
from llm_strategy.flow import ChatModel

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextvars import Token
    from types import TracebackType

    from langchain_core.language_models import BaseChatModel
    from langchain_core.language_models.llms import BaseLLM

__all__ = ["MODEL_VARIABLE", "SCHEMES", "ModelLike", "model_in_force", "resolve", "use_model"]

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

_DEFAULT: list[ModelLike | None] = [None]
_SCOPED: ContextVar[ModelLike | None] = ContextVar("llm_strategy_model", default=None)
_ADAPTED: WeakValueDictionary[int, ChatModel] = WeakValueDictionary()
"""Adapters in use, by the id of their model: an adapter holds its model, so no other object takes an id in here."""
_OPENED: dict[str, ChatModel] = {}
_OPENING = threading.RLock()
"""Held while a model is opened, so that two threads do not load an embedded model twice."""


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
        self._before = _DEFAULT[0]
        self._tokens: list[Token[ModelLike | None]] = []
        _DEFAULT[0] = model

    def __enter__(self) -> ModelLike:
        if not self._tokens and _DEFAULT[0] is self.model:
            _DEFAULT[0] = self._before
        self._tokens.append(_SCOPED.set(self.model))
        return self.model

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _SCOPED.reset(self._tokens.pop())


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
    adapted = _ADAPTED.get(id(model))
    return _adapted(model) if adapted is None else adapted


def model_in_force() -> ModelLike | None:
    """Return the model of calls that name none; None where there is none."""
    candidates = _SCOPED.get(), _DEFAULT[0], os.environ.get(MODEL_VARIABLE) or None
    return next((candidate for candidate in candidates if candidate is not None), None)


def _default_model() -> ModelLike:
    model = model_in_force()
    if model is None:
        raise NoModelError(
            "No model: pass one to the call or the decorator, set one with llm_strategy.use_model(...), or name one in "
            f"the environment variable {MODEL_VARIABLE}. 'local' is the embedded model, 'openai:gpt-4o-mini' is a "
            "hosted one."
        )
    return model


def _named(name: str) -> ChatModel:
    with _OPENING:
        if name not in _OPENED:
            _OPENED[name] = resolve(_open(name))
        return _OPENED[name]


def _open(name: str) -> ModelLike:
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
    return opener(rest)


def _adapted(model: object) -> ChatModel:
    adapter = _langchain_adapter(model)
    if adapter is not None:
        return _ADAPTED.setdefault(id(model), adapter)
    if isinstance(model, ChatModel) and not isinstance(model, type):
        return model
    found = f"The class {model.__name__!r}" if isinstance(model, type) else f"A {type(model).__name__!r} object"
    advice = advice_on(model) or (
        "Pass a langchain chat or completion model, a ChatChain, or a name such as 'local' or 'openai:gpt-4o-mini'."
    )
    raise UnknownModelError(f"{found} is no model. {advice}")


def _langchain_adapter(model: Any) -> ChatModel | None:
    languages = sys.modules.get("langchain_core.language_models")
    if languages is None:  # nothing that was made without langchain is one of its models
        return None
    if isinstance(model, languages.BaseChatModel):
        from llm_strategy.chat.langchain import LangchainChat

        return LangchainChat(model)
    if isinstance(model, languages.BaseLLM):
        from llm_strategy.chat.completion import CompletionChat

        return CompletionChat(model)
    return None
