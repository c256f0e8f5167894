"""Cassettes: real replies, recorded once and replayed from then on, one cassette a test."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

from llm_strategy.chat import resolve, use_model
from llm_strategy.errors import ReplayError
from llm_strategy.flow import Profile
from llm_strategy.flow.fingerprint import fingerprint, request_data
from llm_strategy.models.chunks import chunks_of, joined
from llm_strategy.models.nearest import difference_to_nearest
from llm_strategy.testing.cassette_file import Exchange, Tracks, read_cassette, short_name, write_cassette
from llm_strategy.testing.schema_model import instance_of
from llm_strategy.tracing.secrets import Secrets, secrets_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from llm_strategy.chat import ModelLike
    from llm_strategy.flow import ChatModel, ChatRequest, Method
    from llm_strategy.messages import Chunk, Reply

__all__ = ["Cassette", "CassetteModel", "RecordMode"]

RecordMode: TypeAlias = Literal["none", "new", "all"]
"""`none`: replay only; `new`: record what is missing; `all`: record everything again."""

_ALL_METHODS = ("json_schema", "tool", "json_object", "prompt")


@dataclass(slots=True)
class Cassette:
    """The cassette of a test: makes models that are recorded on it, and replayed from it.

    The fixture `llm_cassette` is one: `model = llm_cassette("openai:gpt-4o-mini")`.
    """

    path: Path
    """The file."""
    mode: RecordMode = "none"
    """What is recorded."""
    strict: bool = False
    """Whether a request may be made no more often than it was recorded."""
    test: str = ""
    """The test, as pytest is told to run it."""
    misses: list[str] = field(default_factory=list[str])
    """What was asked and is not on the cassette, in words."""
    _known: Tracks = field(init=False)
    _made: Tracks = field(default_factory=Tracks)
    _asked: dict[str, int] = field(default_factory=dict[str, int])
    _secrets: set[str] = field(default_factory=set[str])
    _defaults: list[use_model] = field(default_factory=list[use_model])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._known = Tracks() if self.mode == "all" else read_cassette(self.path)

    def __call__(self, model: ModelLike, *, name: str = "", default: bool = False) -> CassetteModel:
        """Return a model that answers as `model` does, from the cassette or onto it.

        Args:
            model: a langchain model, or a name such as `openai:gpt-4o-mini`, which is opened for a recording only.
            name: what the cassette calls it, if not by its own name.
            default: whether calls that name no model ask it, to the end of the test.
        """
        label = short_name(name or (model if isinstance(model, str) else resolve(model).name))
        made = CassetteModel(self, label, model)
        if default:
            self._defaults.append(use_model(made))
        return made

    def methods(self, label: str) -> tuple[str, ...] | None:
        """Return the structured-output methods that a model had when it was recorded."""
        return self._known.models.get(label)

    def replayed(self, label: str, request: ChatRequest) -> Reply | None:
        """Return the recorded reply; None where it is to be recorded.

        Raises:
            ReplayError: it is not there, and is not to be recorded.
        """
        key = fingerprint(request)
        with self._lock:
            number = self._asked.get(key, 0)
            self._asked[key] = number + 1
            known = self._known.exchanges.get(key)
            if known is not None and (number < len(known.replies) or not self.strict):
                return known.replies[min(number, len(known.replies) - 1)]
            if self.mode != "none":
                return None
            problem = self._miss(label, key, request_data(request), again=known is not None)
            self.misses.append(problem)
        raise ReplayError(problem)

    def record(self, label: str, model: ChatModel, request: ChatRequest, reply: Reply) -> Reply:
        """Put a reply on the cassette."""
        with self._lock:
            self._secrets.update(secrets_of(getattr(model, "model", model)))
            self._made.models[label] = model.profile.methods
            self._made.add(Exchange(fingerprint(request), label, (reply,), request_data(request)))
        return reply

    @property
    def unused(self) -> tuple[Exchange, ...]:
        """What is on the cassette and was not asked for."""
        return tuple(one for key, one in self._known.exchanges.items() if key not in self._asked)

    def close(self, *, passed: bool) -> None:
        """End the test: write what was recorded. What is recorded again replaces the old only where the test passed."""
        while self._defaults:
            with self._defaults.pop():  # leaving the block takes back what was set for the process
                pass
        made = self._made
        if self.mode == "none" or (self.mode == "all" and not passed) or (self.mode == "new" and not made.exchanges):
            return
        tracks = Tracks({**self._known.models, **made.models}, dict(self._known.exchanges))
        for one in made.exchanges.values():
            tracks.add(one)
        write_cassette(self.path, tracks, Secrets.of_environment().including(*self._secrets))

    def _miss(self, label: str, key: str, data: dict[str, Any], *, again: bool) -> str:
        shown = f"{self.path.parent.parent.name}/{self.path.parent.name}/{self.path.name}"
        asked = "holds no further reply to this request" if again else "holds no reply to this request"
        stub = json.dumps({"key": key, "model": label, "replies": [_stub(data)]}, indent=1, ensure_ascii=False)
        recorded = [one.request for one in self._known.exchanges.values() if one.request is not None]
        difference = difference_to_nearest(data, recorded)
        if not self._known.exchanges:
            stub = json.dumps(
                {"format": 1, "models": {}, "exchanges": [json.loads(stub)]}, indent=1, ensure_ascii=False
            )
            place = "Or write the file yourself"
        else:
            place = 'Or put the reply there yourself, under "exchanges"'
        lines = [
            f"Cassette '{shown}' {asked} of model {label!r}. Record it: pytest --llm-record=new '{self.test}'",
            *(("The difference to the nearest request on it:", difference) if difference else ()),
            f"{place}:",
            stub,
        ]
        return "\n".join(lines)


def _stub(data: dict[str, Any]) -> dict[str, Any]:
    """Return a reply to be filled in, in the form that the request asks for."""
    schema: Any = data["output"].get("schema")
    value = "the reply" if schema is None else json.dumps(instance_of(schema, schema.get("$defs", {})))
    return {"finish_reason": "stop", "message": {"content": value, "role": "assistant"}}


class CassetteModel:
    """A `ChatModel` on a cassette; safe to share between threads and tasks."""

    def __init__(self, cassette: Cassette, label: str, asked: ModelLike) -> None:
        self.name = label
        """What the cassette calls it."""
        self.identity = {"name": label}
        """What tells its requests from those of other models."""
        self._cassette = cassette
        self._asked = asked

    @property
    def profile(self) -> Profile:
        """What the model can do: as it was recorded, so that a replay asks as the recording did."""
        known = self._cassette.methods(self.name)
        if known is None and self._cassette.mode == "none" and isinstance(self._asked, str):
            known = _ALL_METHODS
        return self._opened.profile if known is None else Profile(cast("tuple[Method, ...]", known))

    @property
    def _opened(self) -> ChatModel:
        return resolve(self._asked)

    def reply(self, request: ChatRequest) -> Reply:
        """Answer the request. Raises ReplayError, TransportError, UnsupportedError."""
        reply = self._cassette.replayed(self.name, request)
        return self._recorded(request, self._opened.reply(request)) if reply is None else reply

    async def areply(self, request: ChatRequest) -> Reply:
        """Answer the request. Raises ReplayError, TransportError, UnsupportedError."""
        reply = self._cassette.replayed(self.name, request)
        return self._recorded(request, await self._opened.areply(request)) if reply is None else reply

    def stream(self, request: ChatRequest) -> Iterator[Chunk]:
        """Answer piece by piece. Raises ReplayError, TransportError, UnsupportedError."""
        reply = self._cassette.replayed(self.name, request)
        if reply is not None:
            yield from chunks_of(reply)
            return
        pieces: list[Chunk] = []
        try:
            for chunk in self._opened.stream(request):
                pieces.append(chunk)
                yield chunk
        except GeneratorExit:  # nobody wants the rest, and nobody will in a replay
            self._recorded(request, joined(pieces))
            raise
        self._recorded(request, joined(pieces))

    async def astream(self, request: ChatRequest) -> AsyncIterator[Chunk]:
        """Answer piece by piece. Raises ReplayError, TransportError, UnsupportedError."""
        reply = self._cassette.replayed(self.name, request)
        if reply is not None:
            for chunk in chunks_of(reply):
                yield chunk
            return
        pieces: list[Chunk] = []
        try:
            async for chunk in self._opened.astream(request):
                pieces.append(chunk)
                yield chunk
        except GeneratorExit:
            self._recorded(request, joined(pieces))
            raise
        self._recorded(request, joined(pieces))

    def _recorded(self, request: ChatRequest, reply: Reply) -> Reply:
        return self._cassette.record(self.name, self._opened, request, reply)
