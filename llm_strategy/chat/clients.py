"""The clients behind a model of langchain-openai, copied so that they never retry, and watched.

A copy shares the user's own HTTP client with the original: its connections, address, headers, proxies and certificates
stay in force, and closing it closes all. Retries of the copy are off, since the layers of llm-strategy retry: two
layers of three attempts each would send nine requests.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from operator import is_
from typing import TYPE_CHECKING, Any
from weakref import finalize

from llm_strategy.chat.http import watch
from llm_strategy.chat.sending import Sender, http_client
from llm_strategy.chat.untouched import is_wrapped

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

__all__ = ["Clients", "clients_of"]

_CLIENTS: dict[int, Clients] = {}
"""By the id of the model, for as long as it lives; adapters come and go."""

_REPLACEABLE = ("api_key", "base_url", "timeout", "organization", "project", "_custom_headers", "_custom_query")


@dataclass(frozen=True, slots=True)
class Clients:
    """Copies of the two clients of a model, where it is to have others than its own."""

    sync: Any
    """A copy of the model's `root_client`; None where there is none."""
    asynchronous: Any
    """A copy of the model's `root_async_client`; None where there is none."""
    sender: Sender | None
    """Sends with the first one."""
    asender: Sender | None
    """Sends with the second one."""
    keeps_time: bool
    """Whether a blocked sync request ends in time."""
    originals: tuple[object, ...]
    """What they were copied from, with its keys and addresses; a model may be given others later."""
    account: str
    """What the provider counts together, without telling the key: a hash of the key and the address."""

    def lent(self, model: BaseChatModel) -> BaseChatModel:
        """Return the model as it is now, with these clients in it."""
        parts: dict[str, Any] = {}
        if self.sync is not None:
            parts |= {"root_client": self.sync, "client": self.sync.chat.completions}
        if self.asynchronous is not None:
            parts |= {"root_async_client": self.asynchronous, "async_client": self.asynchronous.chat.completions}
        return model.model_copy(update=parts) if parts else model


def clients_of(model: BaseChatModel) -> Clients | None:
    """Return copies of a model's clients; None where it has no usual ones.

    There are no copies where something stands in the place of a method of one: it would be missing in the copy.
    """
    first: Any = getattr(model, "root_client", None)
    second: Any = getattr(model, "root_async_client", None)
    parts = getattr(model, "client", None), getattr(model, "async_client", None)
    if any(map(is_wrapped, parts)) and (first or second) is not None:
        return Clients(None, None, None, None, keeps_time=False, originals=(), account=_account(first or second))
    originals = (first, second, *parts, *_marks(first), *_marks(second))
    known = _CLIENTS.get(id(model))
    if known is not None and all(map(is_, known.originals, originals)):
        return known
    if not _are_usual(parts, (first, second)):
        return None
    sync, asynchronous = (None if client is None else client.with_options(max_retries=0) for client in (first, second))
    ends = sync is not None and watch(http_client(sync))
    watch(http_client(asynchronous))
    if known is None:
        finalize(model, _CLIENTS.pop, id(model), None).atexit = False
    _CLIENTS[id(model)] = clients = Clients(
        sync,
        asynchronous,
        None if sync is None else Sender(sync),
        None if asynchronous is None else Sender(asynchronous),
        keeps_time=ends,
        originals=originals,
        account=_account(sync or asynchronous),
    )
    return clients


def _marks(client: Any) -> tuple[object, ...]:
    """Return what of a client may be replaced, as objects that are the same ones until then."""
    return tuple(getattr(client, name, None) for name in _REPLACEABLE)


def _account(client: Any) -> str:
    told = f"{client.base_url}\0{client.api_key}\0{client.organization or ''}"
    return sha256(told.encode(errors="surrogatepass")).hexdigest()[:24]


def _are_usual(parts: tuple[Any, Any], originals: tuple[Any, Any]) -> bool:
    """Whether langchain made the clients, and so knows what can be put in their place."""
    if all(client is None for client in originals):
        return False
    for client, part in zip(originals, parts, strict=True):
        if client is not None and not (
            http_client(client) is not None and hasattr(client, "with_options") and part is client.chat.completions
        ):
            return False
    return True
