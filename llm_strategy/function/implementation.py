"""What a stub does when it is called: the part that is the same for every kind of LLM function."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from llm_strategy.chat import Answer, ChatChain, ask, stream_items, stream_partials
from llm_strategy.flow import Parallel, aiterate, arun, iterate, run
from llm_strategy.function.questions import Call, Questions
from llm_strategy.function.settings import Settings, changed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator, Mapping

    from llm_strategy.chat import ModelLike, Question
    from llm_strategy.flow import Flow, Result
    from llm_strategy.function.definition import Definition
    from llm_strategy.prompt import StructuredPrompt

__all__ = ["Implementation"]


@dataclass(frozen=True, eq=False, slots=True)
class Implementation:
    """A stub with its settings, ready to be called."""

    questions: Questions[Any]
    """Makes a question of each call."""

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
        questions = Questions(self.definition, settings, self.questions.explicit)
        if settings.examples:
            questions.check()
        return Implementation(questions)

    def named(self, owner: type) -> Implementation:
        """Return the same stub as a member of `owner`."""
        return Implementation(replace(self.questions, definition=self.definition.named(owner), _shapes={}))

    def call(self, model: ModelLike | ChatChain | None, call: Call) -> Any:
        """Return what the signature promises: a value, something to await, or an iterator."""
        if self.definition.items:
            return self._items(model, call)
        if self.definition.awaited:
            return self._awaited(model, call)
        return run(self.answer(model, call)).value

    async def _awaited(self, model: ModelLike | ChatChain | None, call: Call) -> Any:
        return (await arun(self.answer(model, call))).value

    def answer(self, model: ModelLike | ChatChain | None, call: Call) -> Flow[Answer[Any]]:
        """Answer a call with its value and the conversation that gave it."""
        question = self.questions.of(model, call, self._whole_type())
        reasoning = self.settings.reasoning
        return (yield from (ask(question) if reasoning is None else reasoning.solve(question)))

    def chat(self, model: ModelLike | ChatChain | None, call: Call) -> Flow[tuple[Any, ChatChain]]:
        """Answer a call with its value and a chain that continues the conversation."""
        answer = yield from self.answer(model, call)
        asked = model.model if isinstance(model, ChatChain) else model
        return answer.value, ChatChain(asked if asked is not None else self.settings.model, answer.messages)

    def many(self, model: ModelLike | ChatChain | None, calls: Iterable[Call], limit: int) -> Flow[list[Result[Any]]]:
        """Answer many calls at once, in order, errors among the results."""

        def one(call: Call) -> Flow[Any]:
            return (yield from self.answer(model, call)).value

        results = yield Parallel(tuple(one(call) for call in calls), keep_errors=True, limit=limit)
        return list(results)

    def prompt(self, call: Call) -> StructuredPrompt[Any]:
        """Return the prompt of a call."""
        return self.questions.prompt(call, self._whole_type())

    def partials(self, model: ModelLike | ChatChain | None, call: Call) -> Iterator[Any]:
        """Iterate over the growing value of a call."""
        return iterate(stream_partials(self.questions.of(model, call, self._whole_type())))

    def apartials(self, model: ModelLike | ChatChain | None, call: Call) -> AsyncIterator[Any]:
        """Iterate over the growing value of a call, without blocking the event loop."""
        return aiterate(stream_partials(self.questions.of(model, call, self._whole_type())))

    def _items(self, model: ModelLike | ChatChain | None, call: Call) -> Any:
        question: Question[list[Any]] = self.questions.of(model, call, self._whole_type())
        flow = stream_items(question, self.questions.item_reader(call))
        if not self.definition.asynchronous:
            return iterate(flow)
        return _promised(aiterate(flow)) if self.definition.awaited else aiterate(flow)

    def _whole_type(self) -> Any:
        """The type that is asked for at once: a list, where items are streamed."""
        return list[self.definition.value_type] if self.definition.items else None


async def _promised(items: AsyncIterator[Any]) -> AsyncIterator[Any]:
    return items
