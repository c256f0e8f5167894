"""Our cache under `langchain_core.globals.set_llm_cache`, for models that are called without the library.

What langchain stores elsewhere are objects that are made again from the name of their class; here it is text, and from
it messages and generations are made, nothing else.

Covered: the text of a reply, its calls of tools, its usage, its refusal, why it ended, and the name of the model. Not
covered: what holds more than that (images, reasoning, probabilities of tokens, several choices of unequal kinds) is not
kept: it is asked for again.
"""

from __future__ import annotations

import atexit
from hashlib import sha256
from typing import TYPE_CHECKING, Any, cast

from langchain_core.caches import BaseCache
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, Generation
from typing_extensions import override

from llm_strategy.chat.transcript import reply_of, to_langchain
from llm_strategy.errors import StoredDataError
from llm_strategy.flow.cache.entry import Entry
from llm_strategy.flow.cache.keeping import is_kept
from llm_strategy.flow.cache.location import cache_path
from llm_strategy.flow.cache.options import MAX_BYTES
from llm_strategy.flow.cache.shared import borrow, give_back
from llm_strategy.flow.cache.work import Work
from llm_strategy.flow.codec import data_from, json_of, reply_data, reply_from
from llm_strategy.messages import Message, Reply
from llm_strategy.schema.json_data import is_object

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from llm_strategy.flow.cache.entry import Found
    from llm_strategy.flow.cache.shared import Shared

__all__ = ["LangchainCache"]

_PLAIN_BLOCKS = frozenset({"text", "refusal"})


class LangchainCache(BaseCache):
    """A cache for langchain in the file that `caching` uses, too: JSON only, for threads, tasks and processes.

    Only replies that ended as whole ones are kept. A file that is damaged, full or read-only is a miss, told once.

    >>> import tempfile
    >>> from langchain_core.globals import set_llm_cache
    >>> from llm_strategy.testing import ScriptedModel
    >>> model = ScriptedModel(["Paris", "Lyon"])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     cache = LangchainCache(f"{folder}/calls.db")
    ...     set_llm_cache(cache)
    ...     model.invoke("The capital of France?").content, model.invoke("The capital of France?").content
    ...     set_llm_cache(None)
    ...     cache.close()
    ('Paris', 'Paris')

    Args:
        path: the file, as for `caching`.
        ttl: seconds for which a reply is good; None for ever.
        max_bytes: how much is kept.
    """

    def __init__(
        self, path: str | os.PathLike[str] | None = None, *, ttl: float | None = None, max_bytes: int = MAX_BYTES
    ) -> None:
        self.path = cache_path(path)
        """The file."""
        self._ttl = ttl
        self._max_bytes = max_bytes
        self._is_open = False

    @override
    def lookup(self, prompt: str, llm_string: str) -> list[Generation] | None:
        """Return what is known, or None."""
        cache, key = self._cache(), _key(prompt, llm_string)
        cache.store.open()
        return self._given(cache, key, cache.store.find(key, self._ttl))

    @override
    async def alookup(self, prompt: str, llm_string: str) -> list[Generation] | None:
        """Return what is known, or None; without blocking the event loop."""
        cache, key = self._cache(), _key(prompt, llm_string)
        if not cache.store.is_ready:
            await Work(cache.store.open, cache.background).aperform()
        return self._given(cache, key, cache.store.find(key, self._ttl))

    @override
    def update(self, prompt: str, llm_string: str, return_val: Sequence[Generation]) -> None:
        """Keep a reply."""
        entry, cache = _entry(_key(prompt, llm_string), return_val), self._cache()
        if entry is not None:
            cache.store.put(entry, self._max_bytes)

    @override
    async def aupdate(self, prompt: str, llm_string: str, return_val: Sequence[Generation]) -> None:
        """Keep a reply; without blocking the event loop."""
        entry, cache = _entry(_key(prompt, llm_string), return_val), self._cache()
        if entry is not None:
            await Work(lambda: cache.store.put(entry, self._max_bytes), cache.background).aperform()

    @override
    def clear(self, **kwargs: Any) -> None:
        """Forget all that langchain has stored, and nothing else."""
        self._cache().store.clear("langchain")

    @override
    async def aclear(self, **kwargs: Any) -> None:
        """Forget all that langchain has stored, and nothing else; without blocking the event loop."""
        cache = self._cache()
        await Work(lambda: cache.store.clear("langchain"), cache.background).aperform()

    def close(self) -> None:
        """Let the file go; using the cache opens it again."""
        if self._is_open:
            self._is_open = False
            atexit.unregister(self.close)
            give_back(self.path)

    def _cache(self) -> Shared:
        cache = borrow(self.path)
        if self._is_open:
            give_back(self.path)
        else:
            self._is_open = True
            atexit.register(self.close)
        return cache

    def _given(self, cache: Shared, key: str, found: Found | None) -> list[Generation] | None:
        if found is None:
            return None
        where = f"cache {str(self.path)!r}, {key[:16]!r}"
        try:
            return _generations(found.data, where)
        except StoredDataError:
            cache.background.submit(lambda: cache.store.remove([key]))
            return None


def _key(prompt: str, llm_string: str) -> str:
    return sha256(f"langchain\0{llm_string}\0{prompt}".encode("utf-8", "surrogatepass")).hexdigest()


def _entry(key: str, generations: Sequence[Generation]) -> Entry | None:
    """Return what is stored of generations; None where they cannot be kept whole."""
    parts: list[dict[str, Any]] = []
    replies: list[Reply] = []
    for generation in generations:
        reply = _reply(generation)
        if reply is None or not is_kept(reply):
            return None
        replies.append(reply)
        parts.append({"chat": isinstance(generation, ChatGeneration), "reply": reply_data(reply)})
    if not replies:
        return None
    tokens = max(reply.usage.input_tokens + reply.usage.output_tokens for reply in replies)  # told with each choice
    data = json_of({"generations": parts})
    return Entry(key=key, data=data, kind="langchain", model=replies[0].model, asker="langchain", tokens=tokens)


def _reply(generation: Generation) -> Reply | None:
    if not isinstance(generation, ChatGeneration):
        info = generation.generation_info or {}
        reason = info.get("finish_reason")
        whole = not info.get("logprobs")
        return Reply(Message.assistant(generation.text), str(reason) if reason else None) if whole else None
    message = generation.message
    if not isinstance(message, AIMessage) or message.response_metadata.get("logprobs") or not _is_plain(message):
        return None
    return reply_of(message)


def _is_plain(message: AIMessage) -> bool:
    """Whether nothing but text is said: other blocks would be lost."""
    blocks = message.content if isinstance(message.content, list) else []
    plain = all(isinstance(block, str) or block.get("type") in _PLAIN_BLOCKS for block in blocks)
    return plain and not message.additional_kwargs.keys() - {"refusal", "tool_calls", "parsed"}


def _generations(text: str, where: str) -> list[Generation]:
    data = data_from(text, where)
    parts: object = data.get("generations") if is_object(data) else None
    if not isinstance(parts, list):
        raise StoredDataError(f"{where}: what is stored there are no generations. Delete it.")
    return [_generation(part, where) for part in cast("list[object]", parts)]


def _generation(data: object, where: str) -> Generation:
    if not is_object(data) or not isinstance(data.get("chat"), bool):
        raise StoredDataError(f"{where}: what is stored there is no generation. Delete it.")
    reply = reply_from(data.get("reply"), where)
    if not data["chat"]:
        return Generation(text=reply.message.content, generation_info=_metadata(reply))
    message = cast("AIMessage", to_langchain([reply.message])[0])
    usage = reply.usage
    if usage.input_tokens or usage.output_tokens:
        message.usage_metadata = {
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
            "total_tokens": usage.input_tokens + usage.output_tokens,
            "input_token_details": {"cache_read": usage.cached_input_tokens},
            "output_token_details": {"reasoning": usage.reasoning_tokens},
        }
    message.response_metadata = _metadata(reply)
    message.id = reply.id or None
    return ChatGeneration(message=message, generation_info=_metadata(reply))


def _metadata(reply: Reply) -> dict[str, Any]:
    known = {"finish_reason": reply.finish_reason, "model_name": reply.model}
    return {name: value for name, value in known.items() if value}
