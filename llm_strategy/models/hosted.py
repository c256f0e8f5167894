"""Hosted models by name, through langchain-openai: OpenAI's own, and any server that speaks its protocol."""

from __future__ import annotations

import os

from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from llm_strategy.errors import MissingKeyError, UnknownModelError

__all__ = ["open_openai"]


def open_openai(name: str) -> ChatOpenAI:
    """Return the model behind `openai:NAME`.

    `OPENAI_API_KEY` holds the key, and `OPENAI_BASE_URL` the address of another server with the same protocol (Ollama,
    vLLM, `llm-strategy models serve`); such servers need no key.

    Raises:
        UnknownModelError: no model is named.
        MissingKeyError: there is neither a key nor an address.
    """
    if not name:
        raise UnknownModelError("'openai' names no model. Write 'openai:MODEL', such as 'openai:gpt-4o-mini'.")
    address = os.environ.get("OPENAI_BASE_URL")
    if not os.environ.get("OPENAI_API_KEY") and not address:
        raise MissingKeyError(
            f"Model 'openai:{name}' needs a key: set OPENAI_API_KEY. For a server of your own set OPENAI_BASE_URL, "
            "such as http://localhost:11434/v1 for Ollama."
        )
    return ChatOpenAI(model=name, api_key=SecretStr(os.environ.get("OPENAI_API_KEY", "none")), base_url=address)
