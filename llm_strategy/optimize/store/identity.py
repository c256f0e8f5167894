"""What a run is. One that was broken off goes on only where all of it is as it was."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from llm_strategy.schema.json_data import is_object

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Identity", "differences"]

_LONGEST = 60
_WORDS = {
    "configuration": "the setting {}",
    "data": "the cases of {}",
    "space": "what is searched",
    "code": "the source of {}",
    "search": "the version of the search",
}


@dataclass(frozen=True, slots=True)
class Identity:
    """What a run is.

    The budget is no part of it: a run may go on with another one.
    """

    configuration: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Settings by name, as JSON data."""
    data: Mapping[str, str] = field(default_factory=dict[str, str])
    """Digests of the cases, by split."""
    space: str = ""
    """Digest of what is searched."""
    code: Mapping[str, str] = field(default_factory=dict[str, str])
    """Digests of sources, by what they are of: `task`, `metric`, `judge`; see `code_digest`."""
    search: str = ""
    """Digest of the search itself; see `search_digest`."""

    def as_data(self) -> dict[str, Any]:
        """Return it as JSON data."""
        return asdict(self)


def differences(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Return in words what differs between two identities as JSON data.

    >>> then = Identity({"minibatch": 3}, {"val": "ab12"}, code={"task": "01"}).as_data()
    >>> now = Identity({"minibatch": 5}, {"val": "ab12"}, code={"task": "02"}).as_data()
    >>> differences(then, now)
    ['the setting minibatch was 3 and is 5', 'the source of task has changed']
    """
    return [line for part in _WORDS for line in _of_part(part, then.get(part), now.get(part))]


def _of_part(part: str, then: Any, now: Any) -> Iterator[str]:
    what = _WORDS[part]
    if not is_object(then) or not is_object(now):
        if then != now:
            yield f"{what} has changed"
        return
    for name in sorted({*then, *now}):
        if name in then and name in now and then[name] == now[name]:
            continue
        told = f"was {_shown(then, name)} and is {_shown(now, name)}"
        yield f"{what.format(name)} {told if part == 'configuration' else 'has changed'}"


def _shown(values: Mapping[str, Any], name: str) -> str:
    text = repr(values[name]) if name in values else "not there"
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
