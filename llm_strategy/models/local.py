"""A chat model inside this process: no key, no server to start, no network.

`LocalChatModel` is a chat model of langchain over a GGUF file. The file is loaded at the first call and shared by
every object with the same settings. A reply can be held to a JSON schema or a grammar token by token, so that a
complete reply always parses; whether it is complete, `finish_reason` says.

Sources of variation: with `cache_prompt` (the default) the shared beginning of two prompts is processed once, which
changes the order of floating-point sums, so that at temperature 0 two runs may still part ways at a near-tie. Set
`cache_prompt=False` and `n_parallel=1` where bit-identical replies matter more than speed.
"""

from __future__ import annotations

import asyncio
import queue
import time
from typing import TYPE_CHECKING, Any, ClassVar

from langchain_core.language_models import BaseChatModel, LanguageModelInput, ModelProfile
from langchain_core.language_models.chat_models import generate_from_stream
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import Field

from llm_strategy.errors import TransportError
from llm_strategy.models.local_reply import PROVIDER, ReplyReader
from llm_strategy.models.local_request import LocalRequest, build_request
from llm_strategy.models.local_runtime import (
    END,
    LoadSettings,
    Runtime,
    available_threads,
    check_file,
    shared_runtime,
    unload,
)
from llm_strategy.models.local_structured import structured_output
from llm_strategy.models.registry import DEFAULT_MODEL
from llm_strategy.models.store import file_mark, model_path

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Sequence

    from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
    from langchain_core.language_models.base import LangSmithParams
    from langchain_core.messages import AIMessage, BaseMessage
    from langchain_core.outputs import ChatGenerationChunk, ChatResult
    from langchain_core.runnables import Runnable
    from langchain_core.tools import BaseTool
    from pydantic import BaseModel

__all__ = ["LocalChatModel", "open_local"]

_SAMPLING = ("temperature", "max_tokens", "seed", "top_p", "top_k", "min_p", "repeat_penalty", "cache_prompt")


class LocalChatModel(BaseChatModel):
    """A GGUF model run by llama.cpp in this process.

    Calls also take `response_format`, `json_schema` (a dictionary), `grammar` (GBNF, or Lark after a first line
    `%llguidance {}`), `tools`, `tool_choice`, `logprobs`, `top_logprobs`, `logit_bias`, `frequency_penalty` and
    `presence_penalty`, and any of the sampling fields below.
    """

    model: str = DEFAULT_MODEL
    """Name of a known model, or path of a `.gguf` file."""
    n_ctx: int = Field(default=8192, ge=64)
    """Tokens of one conversation, prompt and reply together."""
    n_parallel: int = Field(default=2, ge=1)
    """Requests worked on at once, each with a context of its own; more than these wait in line."""
    n_threads: int = Field(default_factory=available_threads, ge=1)
    """Threads that compute."""
    prompt_cache_mib: int = Field(default=512, ge=0)
    """Memory that keeps the beginnings of conversations pushed out by others; 0 for none."""
    runtime_log: bool = False
    """Whether the runtime may write its log to stderr."""
    temperature: float = Field(default=0.0, ge=0)
    """0 takes the likeliest token every time."""
    max_tokens: int | None = Field(default=2048, ge=1)
    """Tokens of a reply; None for as many as fit into the context."""
    seed: int | None = None
    """Seed of the sampling; None for a new one each call."""
    top_p: float | None = None
    top_k: int | None = None
    min_p: float | None = None
    repeat_penalty: float | None = None
    stop: list[str] | None = None
    """Texts that end a reply."""
    cache_prompt: bool = True
    """Whether the beginning that a prompt shares with an earlier one is taken over from it."""
    grammar_max_items: int | None = Field(default=100, ge=1)
    """Limit that the grammar puts on lists whose schema has none; None for none."""
    timeout: float | None = Field(default=None, gt=0)
    """Seconds after which a call is given up and its generation stopped; None to wait."""

    llm_strategy_media: ClassVar[tuple[str, ...]] = ()
    llm_strategy_methods: ClassVar[tuple[str, ...]] = ("grammar", "json_schema", "tool", "json_object", "prompt")
    """Structured-output methods, best first; "json_schema" is enforced by the grammar too."""

    @property
    def _llm_type(self) -> str:
        return "llm-strategy-local"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("model", "n_ctx", "grammar_max_items", "stop", *_SAMPLING)}

    @property
    def llm_strategy_identity(self) -> dict[str, Any]:
        """What caches and journals tell it from others by: the file, and what shapes replies."""
        return {"class": "LocalChatModel", "file": file_mark(self.model), **self._identifying_params}

    def _resolve_model_profile(self) -> ModelProfile:
        return ModelProfile(
            name=self.model,
            max_input_tokens=self.n_ctx,
            text_inputs=True,
            image_inputs=False,
            audio_inputs=False,
            text_outputs=True,
            reasoning_output=False,
            tool_calling=True,
            tool_choice=True,
            structured_output=True,
            temperature=True,
        )

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        params = super()._get_ls_params(stop=stop, **kwargs)
        params["ls_provider"] = PROVIDER
        params["ls_model_name"] = self.model
        return params

    def load(self) -> LocalChatModel:
        """Load the model now rather than at the first call; return this object."""
        self._runtime()
        return self

    def close(self) -> None:
        """Free the memory of the loaded model, also for other objects with the same settings.

        Running calls end first, and a later call loads the model again.
        """
        unload(self._settings())

    def _settings(self) -> LoadSettings:
        return LoadSettings(
            path=model_path(self.model).resolve(),
            n_ctx=self.n_ctx,
            n_parallel=self.n_parallel,
            n_threads=self.n_threads,
            prompt_cache_mib=self.prompt_cache_mib,
            log=self.runtime_log,
        )

    def _runtime(self) -> Runtime:
        return shared_runtime(self._settings())

    def _request(
        self, runtime: Runtime, messages: list[BaseMessage], stop: list[str] | None, kwargs: dict[str, Any]
    ) -> LocalRequest:
        options = {name: getattr(self, name) for name in _SAMPLING} | {"stop": stop or self.stop}
        return build_request(
            messages, options | kwargs, has_json_engine=runtime.has_json_engine, max_items=self.grammar_max_items
        )

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return generate_from_stream(self._stream(messages, stop, run_manager, **kwargs))

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        timeout: float | None = kwargs.pop("timeout", self.timeout)
        runtime = self._runtime()
        request = self._request(runtime, messages, stop, kwargs)
        reader = ReplyReader(request, self.model)
        items: queue.SimpleQueue[Any] = queue.SimpleQueue()
        call = runtime.start(request.body, items.put)
        deadline = None if timeout is None else time.monotonic() + timeout
        try:
            while (item := self._next(items, deadline)) is not END:
                for chunk in reader.read(item):
                    if run_manager:
                        run_manager.on_llm_new_token(chunk.text, chunk=chunk)
                    yield chunk
        finally:
            # Also reached when the reader of the stream goes away early: the runtime stops at the next token.
            call.cancel()

    def _next(self, items: queue.SimpleQueue[Any], deadline: float | None) -> Any:
        try:
            return items.get(timeout=None if deadline is None else max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            raise self._too_slow() from None

    def _too_slow(self) -> TransportError:
        return TransportError(
            f"The local model {self.model!r} was not done in time and was stopped. "
            "Raise `timeout`, lower `max_tokens`, or use a smaller model."
        )

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        chunks = [chunk async for chunk in self._astream(messages, stop, run_manager, **kwargs)]
        return generate_from_stream(iter(chunks))

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        timeout: float | None = kwargs.pop("timeout", self.timeout)
        runtime = await asyncio.to_thread(self._runtime)
        request = self._request(runtime, messages, stop, kwargs)
        reader = ReplyReader(request, self.model)
        loop, items = asyncio.get_running_loop(), asyncio.Queue[Any]()
        deadline = None if timeout is None else loop.time() + timeout
        call = runtime.start(request.body, lambda item: _hand_over(loop, items, item))
        try:
            while (item := await self._anext(items, deadline)) is not END:
                for chunk in reader.read(item):
                    if run_manager:
                        await run_manager.on_llm_new_token(chunk.text, chunk=chunk)
                    yield chunk
        finally:
            call.cancel()

    async def _anext(self, items: asyncio.Queue[Any], deadline: float | None) -> Any:
        try:
            async with asyncio.timeout_at(deadline):
                return await items.get()
        except TimeoutError:
            raise self._too_slow() from None

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | bool | dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Offer `tools` to the model.

        Args:
            tools: functions, pydantic models, langchain tools or schemas.
            tool_choice: "auto" or None leaves the model free; "required" (or "any", True) or a tool's name makes it
                call one, and the grammar keeps the call valid; "none" hides the tools.
            **kwargs: further call options.
        """
        shown = [convert_to_openai_tool(tool) for tool in tools]
        return self.bind(tools=shown, tool_choice=tool_choice, **kwargs)

    def with_structured_output(
        self,
        schema: dict[str, Any] | type,
        *,
        include_raw: bool = False,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, dict[str, Any] | BaseModel]:
        """Return a runnable that answers with values of `schema`; see `structured_output` for `method`."""
        return structured_output(self, schema, include_raw=include_raw, **kwargs)


def _hand_over(loop: asyncio.AbstractEventLoop, items: asyncio.Queue[Any], item: Any) -> None:
    if not loop.is_closed():  # nobody is waiting any more
        loop.call_soon_threadsafe(items.put_nowait, item)


def open_local(name: str = "") -> LocalChatModel:
    """Return the local model called `name`: a known name, a path ending in `.gguf`, or nothing for the default.

    Nothing is downloaded and nothing is loaded yet.

    Raises:
        UnknownModelError: no known model has that name.
        ModelFileMissingError: its file is not on this machine; the message says how to fetch it.
        ModelFileError: the file is no GGUF model.
        ModelHashError: the file that is there is not the right one.
    """
    model = LocalChatModel(model=name or DEFAULT_MODEL)
    check_file(model_path(model.model))
    return model
