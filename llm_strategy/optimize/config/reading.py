"""Reading a file that describes an optimization: YAML or TOML, every mistake named with its file and key."""

from __future__ import annotations

import tomllib
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from llm_strategy.errors import ConfigurationError
from llm_strategy.hyperparameters.mistakes import near, words_of
from llm_strategy.optimize.config.keys import (
    BoundKeys,
    BudgetKeys,
    DataKeys,
    JudgeKeys,
    OptimizeConfig,
    PriceKeys,
    SpaceKeys,
    SplitKeys,
)
from llm_strategy.schema.json_data import is_object

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import BaseModel

__all__ = ["read_config"]

_LARGEST: Final = 1_000_000
_TABLES: Final[dict[str, type[BaseModel]]] = {
    "data": DataKeys,
    "judge": JudgeKeys,
    "space": SpaceKeys,
    "budget": BudgetKeys,
}


def read_config(path: Path) -> OptimizeConfig:
    """Return what a file says. Its paths are those from the folder that it is in.

    Raises:
        ConfigurationError: it cannot be read, is no YAML or TOML, or a key is unknown, missing or wrong.
    """
    data = _data(path)
    try:
        config = OptimizeConfig.model_validate(data)
    except ValidationError as error:
        raise ConfigurationError(f"{str(path)!r}: {_told(error)}") from None  # it has the values
    return _placed(config, path)


def _data(path: Path) -> dict[str, Any]:
    where = repr(str(path))
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{where} cannot be read: {error.strerror}. Name a YAML or TOML file.") from error
    if len(content) > _LARGEST:
        raise ConfigurationError(f"{where} has {len(content):,} bytes. A configuration is small: are these data?")
    try:
        text = content.decode("utf-8-sig")
        data = tomllib.loads(text) if _is_toml(path) else _yaml(text)
    except (ValueError, RecursionError) as error:
        kind = "TOML" if _is_toml(path) else "YAML"
        raise ConfigurationError(f"{where} is no {kind}: {error}.") from error
    if not is_object(data):
        raise ConfigurationError(f"{where} holds no keys. It begins with a line such as 'task: module:function'.")
    return data


def _is_toml(path: Path) -> bool:
    return path.suffix.lower() == ".toml"


def _yaml(text: str) -> Any:
    import yaml  # few programs read one

    try:
        _check_once(yaml.compose(text, yaml.SafeLoader))
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(" ".join(str(error).split())) from error


def _check_once(node: Any) -> None:
    """Refuse a key that is there twice: YAML would take the last one, as if the others had not been written."""
    waiting, seen = [node], set[int]()
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen or one.id == "scalar":
            continue
        seen.add(id(one))
        pairs: list[Any] = one.value if one.id == "mapping" else []
        names = Counter[str](key.value for key, _ in pairs if key.id == "scalar")
        for name, count in names.most_common(1):
            if count > 1:
                raise ValueError(f"the key {name!r} is there twice (line {one.start_mark.line + 1} and after)")
        waiting += [value for _, value in pairs] if pairs else one.value


def _told(error: ValidationError) -> str:
    """Say the first thing that is wrong, where it stands, and what may have been meant."""
    problem = error.errors(include_url=False, include_input=False)[0]
    steps = [step for step in problem["loc"] if not (isinstance(step, str) and _is_branch(step))]
    place = ".".join(map(str, steps))
    if problem["type"] == "extra_forbidden":
        known = _known(steps[:-1])
        return f"there is no key {place!r}. {near(str(steps[-1]), known)}Known are {', '.join(known)}."
    if problem["type"] == "missing":
        return f"the key {place!r} is missing."
    if steps == ["data", "parameters"]:
        return "data.parameters: name a field, a list of fields, or arguments with their fields: {question: asked}."
    if problem["type"] == "string_pattern_mismatch":
        return f"{place!r} names nothing. Write MODULE:FUNCTION, such as 'shop:describe'."
    return f"{place or 'the whole'}: {words_of(problem['msg'])}."


def _is_branch(step: str) -> bool:
    """Whether a step of a place is pydantic's name for one of several types, and none of a key."""
    return "[" in step or step in {"int", "float", "str", "bool", "constrained-str", "BoundKeys"}


def _known(steps: list[int | str]) -> list[str]:
    """Return the keys that there are at a place."""
    match steps:
        case ["space", "bounds", *_]:
            return list(BoundKeys.model_fields)
        case ["prices", _]:
            return list(PriceKeys.model_fields)
        case ["data", "split"]:
            return list(SplitKeys.model_fields)
        case [str(table)] if table in _TABLES:
            return list(_TABLES[table].model_fields)
        case _:
            return list(OptimizeConfig.model_fields)


def _found(place: Path, config: Path) -> Path:
    try:
        expanded = place.expanduser()
    except RuntimeError as error:
        raise ConfigurationError(f"{str(config)!r}: the path {str(place)!r} means nothing: {error}") from error
    if "\0" in str(expanded):
        raise ConfigurationError(f"{str(config)!r}: the path {str(place)!r} cannot be one of a file.")
    return expanded


def _placed(config: OptimizeConfig, path: Path) -> OptimizeConfig:
    """Return the configuration with its paths made whole, and with places for what is written."""
    folder = path.parent

    scope = config.space.scope

    def whole(found: Path | None) -> Path | None:
        return None if found is None else folder / _found(found, path)

    data = {name: whole(getattr(config.data, name)) for name in ("file", "train", "val", "test")}
    return config.model_copy(
        update={
            "data": config.data.model_copy(update=data),
            "space": config.space.model_copy(update={"scope": scope if isinstance(scope, dict) else whole(scope)}),
            "store": whole(config.store) or folder / f"{path.stem}.optimize.sqlite",
            "report": whole(config.report) or folder / f"{path.stem}.report.json",
            "name": config.name or config.task,
        }
    )
