"""What shapes the calls of a function beside what its code says, for those who read traces."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pydantic_core import to_json

from llm_strategy.function.named_texts import mapping_or_none
from llm_strategy.function.reasoning_forms import reasoning_data
from llm_strategy.hyperparameters.copies import same
from llm_strategy.hyperparameters.mistakes import shown
from llm_strategy.prompt import Templates

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llm_strategy.function.example_forms import ExamplesForm

__all__ = ["differing"]


def differing(values: Mapping[str, Any], plain: Mapping[str, Any], examples: ExamplesForm) -> str:
    """Return what differs between the hyperparameters of a call and the plain ones, as JSON; '' where nothing does.

    Of descriptions and templates it holds the texts alone that differ; what has no JSON form is described.

    Args:
        values: the hyperparameters of the call.
        plain: what they are without options and scopes.
        examples: writes examples.
    """
    told = {
        name: _told(name, value, plain[name], examples)
        for name, value in values.items()
        if not same(value, plain[name])
    }
    return to_json(told, inf_nan_mode="strings").decode() if told else ""


def _told(name: str, value: Any, plain: Any, examples: ExamplesForm) -> Any:
    if isinstance(value, Templates):
        return _texts(asdict(value), asdict(plain))
    texts = mapping_or_none(value)
    if texts is not None:
        return _texts(texts, plain)
    try:
        if name == "examples":
            return examples.written(value)
        return reasoning_data(value) if name == "reasoning" else value
    except Exception:  # noqa: BLE001 (types of users may raise anything here)
        return shown(value)


def _texts(texts: Mapping[str, str], plain: Mapping[str, str]) -> dict[str, str]:
    """Return the texts that differ; one that was taken out is empty."""
    names = dict.fromkeys((*plain, *texts))
    return {name: texts.get(name, "") for name in names if texts.get(name) != plain.get(name)}
