"""Which models are in the network, and the guard that keeps tests from asking them.

Covered: models of langchain's provider packages, asked through this library; those behind a loopback address or a
transport that stays in the process (a mock, a replayed tape) are not in the network. Not covered: models of your own
classes that open sockets themselves, and models that are asked without this library; pytest-socket blocks those.
"""

from __future__ import annotations

import ipaddress
import os
from typing import Any
from urllib.parse import urlsplit

from llm_strategy.errors import NetworkBlockedError

__all__ = ["block_network", "is_in_network"]

_ADDRESSES = (
    *("base_url", "openai_api_base", "azure_endpoint", "anthropic_api_url", "api_base", "endpoint", "endpoint_url"),
    *("inference_server_url", "server_url"),
)
"""Attributes of langchain's models that hold an address."""
_REAL_TRANSPORTS = {"HTTPTransport", "AsyncHTTPTransport"}
_DEEPEST = 8


def block_network(model: Any) -> None:
    """Refuse a model that is in the network.

    Raises:
        NetworkBlockedError: it is.
    """
    if is_in_network(model):
        raise NetworkBlockedError(
            f"This test asked {model.name!r}, a model in the network. Use the fixture `scripted_model` (you say what "
            "it replies) or `llm_cassette` (recorded once with --llm-record=new, replayed from then on). To ask the "
            "model itself, mark the test with @pytest.mark.llm_network."
        )


def is_in_network(model: Any) -> bool:
    """Return whether asking a model would ask another machine."""
    for _ in range(_DEEPEST):
        if _package(model) is not None:
            return not (_is_inside(model) or _is_loopback(_address(model)))
        inner = getattr(model, "model", None)
        if inner is None or isinstance(inner, str):
            return False
        model = inner
    return False


def _package(model: Any) -> str | None:
    """Return the package of the provider that a model belongs to; None where it belongs to none."""
    for kind in type(model).__mro__:
        package, _, rest = kind.__module__.partition(".")
        if package == "langchain_core":
            return None  # what comes before is of no provider
        if package.startswith("langchain_") and "fake" not in rest:
            return package
    return None


def _address(model: Any) -> str:
    found = next((str(value) for name in _ADDRESSES if (value := getattr(model, name, None))), "")
    if found:
        return found
    client = getattr(model, "root_client", None)
    if _package(model) == "langchain_ollama":
        return os.environ.get("OLLAMA_HOST", "localhost")
    return str(getattr(client, "base_url", ""))


def _is_loopback(address: str) -> bool:
    host = urlsplit(address if "//" in address else f"//{address}").hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_inside(model: Any) -> bool:
    """Whether a model has a client whose transport stays in this process."""
    for name in ("http_client", "http_async_client"):
        transport = getattr(getattr(model, name, None), "_transport", None)
        for _ in range(_DEEPEST):  # a watch may stand before it
            own = type(transport).__module__.startswith("llm_strategy.chat.")
            transport = getattr(transport, "transport", None) if own else transport
        if getattr(transport, "records", False) or transport is None:
            continue
        if type(transport).__name__ not in _REAL_TRANSPORTS:
            return True
    return False
