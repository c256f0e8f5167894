"""Chain of thought: the model writes its steps down before the value."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, create_model

from llm_strategy.chat import Answer, Question, ask, reader_for
from llm_strategy.schema import output_schema

if TYPE_CHECKING:
    from llm_strategy.chat import Reader
    from llm_strategy.flow import Flow
    from llm_strategy.schema import OutputSchema

__all__ = ["ChainOfThought"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ChainOfThought:
    """Ask for a field of reasoning before the value, so that the value is drawn after the steps that lead to it.

    Text types that are asked for as a fenced block have no fields: the steps then stand before the block.

    Source:
        Wei et al. 2022, Chain-of-Thought Prompting Elicits Reasoning in Large Language Models (arXiv:2201.11903); the
        instruction is the zero-shot form of Kojima et al. 2022 (arXiv:2205.11916), section 3.
    """

    description: str = "The reasoning that leads to the return value, step by step."
    """What the model is told about the field."""
    instruction: str = "Think step by step first, then give the return value."
    """What the model is told where there are no fields."""

    def solve(self, question: Question[T]) -> Flow[Answer[T]]:
        """Return the answer that the model reached by its steps; see `Reasoning`."""
        if question.prompt.fence is not None:
            return (yield from ask(self._in_words(question)))
        answer = yield from ask(self._with_steps(question))
        return Answer(answer.value.return_value, answer.messages)

    def _in_words(self, question: Question[T]) -> Question[T]:
        texts = question.prompt.templates
        told = replace(texts, task=f"{texts.task}\n\n{self.instruction.replace('{', '{{').replace('}', '}}')}")
        return replace(question, prompt=replace(question.prompt, templates=told))

    def _with_steps(self, question: Question[Any]) -> Question[Any]:
        output, reader = _reasoned(question.prompt.output.annotation, self.description)
        output = output.described_as(question.prompt.output)
        model: type[BaseModel] = output.annotation
        examples = tuple(
            replace(one, value=model.model_construct(reasoning=one.reasoning or "...", return_value=one.value))
            for one in question.prompt.examples
        )
        prompt = replace(question.prompt, output=output, examples=examples)
        return replace(question, prompt=prompt, reader=reader)


def _reasoned(annotation: Any, description: str) -> tuple[OutputSchema[Any], Reader[Any]]:
    """Return schema and reader of a type with steps before it; made once for each type."""
    try:
        return _kept(annotation, repr(annotation), description)
    except TypeError as error:  # something in an Annotated may be unhashable
        if "unhashable" not in str(error):
            raise
        return _made(annotation, repr(annotation), description)


def _made(annotation: Any, _spelling: str, description: str) -> tuple[OutputSchema[Any], Reader[Any]]:
    # `int | str` equals `str | int`, and makes another prompt: the spelling is there to tell them apart.
    steps = Annotated[str, Field(description=description)]
    made = create_model(
        "Reasoned",
        __config__=ConfigDict(arbitrary_types_allowed=True),
        reasoning=(steps, ...),
        return_value=(annotation, ...),
    )
    output: OutputSchema[Any] = output_schema(made, where="the type of a reasoned answer")
    return output, reader_for(output)


_kept = lru_cache(maxsize=512)(_made)
