"""What a stub does when it is called: the part that is the same for every kind of LLM function."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from llm_strategy.chat import Answer, ChatChain, ask, stream_items, stream_partials
from llm_strategy.flow import Emit, aiterate, arun, iterate, run
from llm_strategy.function.configuration import Configuration
from llm_strategy.function.preview import NOBODY, first_messages
from llm_strategy.function.questions import Call, Questions
from llm_strategy.function.recent import Recent
from llm_strategy.function.recorded import recorded
from llm_strategy.function.settings import Settings, changed
from llm_strategy.hyperparameters import in_scope, values_in_force
from llm_strategy.tracing.recording import current_span

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping

    from llm_strategy.chat import ModelLike, Question
    from llm_strategy.flow import Flow
    from llm_strategy.function.definition import Definition
    from llm_strategy.messages import Message

__all__ = ["Implementation"]


@dataclass(frozen=True, eq=False, slots=True)
class Implementation:
    """A stub with its settings, ready to be called."""

    questions: Questions[Any]
    """Makes a question of each call."""
    configuration: Configuration
    """Its hyperparameters, as they are where no scope changes them."""
    origin: Configuration
    """The hyperparameters of the stub as it was decorated."""
    _varied: Recent[Implementation] = field(default_factory=Recent["Implementation"], repr=False)

    @classmethod
    def of(cls, questions: Questions[Any], origin: Configuration | None = None) -> Implementation:
        """Return the implementation that asks these questions; `origin` is that of the stub they were derived from."""
        own = Configuration(questions.definition, questions.settings, questions.explicit)
        return cls(questions, own, own if origin is None else origin)

    def in_force(self) -> Implementation:
        """Return the stub with the hyperparameters that the scopes in force have; collect what it uses."""
        current_span()  # the trace of a whole process begins with its first call, and collects what that one uses
        if not in_scope():
            return self
        values = values_in_force(self.origin, self.configuration.values)
        return self._varied.of(values, lambda: self._with(values)) if values else self

    def _with(self, values: Mapping[str, Any]) -> Implementation:
        settings = changed(self.settings, values, self.definition.where)
        own = self.questions
        if values.keys() & {"parameters", "fields", "examples"}:
            return Implementation.of(Questions(self.definition, settings, own.explicit), self.origin)
        return Implementation.of(replace(own, settings=settings), self.origin)  # what prompts are made of is shared

    @property
    def definition(self) -> Definition:
        """The stub."""
        return self.questions.definition

    @property
    def settings(self) -> Settings:
        """What shapes the calls."""
        return self.questions.settings

    def using(self, options: Mapping[str, Any]) -> Implementation:
        """Return the same stub with other settings. Raises DefinitionError."""
        settings = changed(self.settings, options, self.definition.where)
        questions: Questions[Any] = Questions(self.definition, settings, self.questions.explicit)
        if (settings.examples or settings.parameters or settings.fields) and self.definition.known:
            questions.check()
        return Implementation.of(questions, self.origin)

    def settled(self, settings: Settings) -> Implementation:
        """Return the same stub with these very settings."""
        return Implementation.of(Questions(self.definition, settings, self.questions.explicit), self.origin)

    def call(self, asked: ModelLike | ChatChain | None, call: Call) -> Any:
        """Return what the signature promises: a value, something to await, or an iterator."""
        if self.definition.items:
            return self._items(asked, call)
        if self.definition.awaited:
            return self._awaited(asked, call)
        return run(self.answer(asked, call)).value

    async def _awaited(self, asked: ModelLike | ChatChain | None, call: Call) -> Any:
        return (await arun(self.answer(asked, call))).value

    def answer(self, asked: ModelLike | ChatChain | None, call: Call) -> Flow[Answer[Any]]:
        """Answer a call with its value and the conversation that gave it."""
        question, _ = self.questions.of(asked, call)
        return (yield from recorded(self.configuration, question, self._solved(question)))

    def _solved(self, question: Question[Any]) -> Flow[Answer[Any]]:
        reasoning = self.settings.reasoning
        return ask(question) if reasoning is None else reasoning.solve(question)

    def chat(self, asked: ModelLike | ChatChain | None, call: Call) -> Flow[tuple[Any, ChatChain]]:
        """Answer a call with its value and a chain that continues the conversation."""
        answer = yield from self.answer(asked, call)
        chain = asked if isinstance(asked, ChatChain) else ChatChain()
        return answer.value, replace(chain, model=self.questions.named_model(asked), messages=answer.messages)

    def prompt(self, asked: ModelLike | ChatChain | None, call: Call) -> tuple[Message, ...]:
        """Return the messages that a call begins with; a model that is only named is not opened for it."""
        named = self.questions.named_model(asked)
        question, _ = self.questions.of(asked, call, NOBODY if named is None or isinstance(named, str) else None)
        return first_messages(self._solved(question), self.definition.where)

    def partials(self, asked: ModelLike | ChatChain | None, call: Call) -> Iterator[Any]:
        """Iterate over the growing value of a call."""
        return iterate(self._growing(self.questions.of(asked, call)[0]))

    def apartials(self, asked: ModelLike | ChatChain | None, call: Call) -> AsyncIterator[Any]:
        """Iterate over the growing value of a call, without blocking the event loop."""
        return aiterate(self._growing(self.questions.of(asked, call)[0]))

    def _growing(self, question: Question[Any]) -> Flow[None]:
        flow = stream_partials(question) if self.settings.reasoning is None else self._whole(question)
        return recorded(self.configuration, question, flow)

    def _whole(self, question: Question[Any]) -> Flow[None]:
        """Emit the value that a method of reasoning reached: nothing of it can be known before its end."""
        answer = yield from self._solved(question)
        yield Emit(answer.value)

    def _items(self, asked: ModelLike | ChatChain | None, call: Call) -> Any:
        question, reader = self.questions.of(asked, call)
        items = stream_items(question, reader) if self.settings.reasoning is None else self._each(question)
        flow = recorded(self.configuration, question, items, items=True)
        if not self.definition.asynchronous:
            return iterate(flow)
        return _promised(aiterate(flow)) if self.definition.awaited else aiterate(flow)

    def _each(self, question: Question[Any]) -> Flow[None]:
        answer = yield from self._solved(question)
        for item in answer.value:
            yield Emit(item)


async def _promised(items: AsyncIterator[Any]) -> AsyncIterator[Any]:
    return items
