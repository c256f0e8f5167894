"""Turn the ways in which a reply can end without a value into their typed errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from llm_strategy.errors import EmptyReplyError, FilteredError, RefusedError, TruncatedError, UnknownToolError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

__all__ = ["check_finish"]

_LENGTH: Final = frozenset({"length", "max_tokens", "model_length", "max_output_tokens", "incomplete"})
_FILTER: Final = frozenset(
    {"content_filter", "content_filtered", "safety", "recitation", "blocklist", "prohibited_content", "spii",
     "guardrail_intervened"}
)  # fmt: skip
_REFUSAL: Final = frozenset({"refusal", "error_toxic"})


def check_finish(
    text: str | None,
    *,
    finish_reason: str | None = None,
    refusal: str | None = None,
    tool_names: Sequence[str] = (),
    known_tools: Collection[str] | None = None,
) -> None:
    """Raise the error for a reply that ended in a way that leaves no value to be read; return if it may hold one.

    Args:
        text: the text of the reply.
        finish_reason: why the model stopped, in the spelling of any provider.
        refusal: the text of a refusal, where the provider sends it apart from the reply.
        tool_names: the tools that were called.
        known_tools: the tools that exist; None if any may be called.

    Raises:
        RefusedError: the model declined.
        FilteredError: the provider stopped the reply.
        TruncatedError: the reply met a length limit.
        UnknownToolError: a tool was called that does not exist.
        EmptyReplyError: there is neither text nor a call.
    """
    reason = (finish_reason or "").lower()
    reply = text or ""
    if refusal or reason in _REFUSAL:
        raise RefusedError(f"The model declined to answer: {refusal or reply or reason!r}", reply=refusal or reply)
    if reason in _FILTER:
        raise FilteredError(f"The provider's content filter stopped the reply (finish reason {reason!r}).", reply=reply)
    if reason in _LENGTH:
        raise TruncatedError(
            "Your reply was cut off at the length limit. Reply again, shorter: the value only, no explanation.",
            reply=reply,
        )
    if known_tools is not None:
        for name in tool_names:
            if name not in known_tools:
                known = ", ".join(f"`{tool}`" for tool in sorted(known_tools))
                remedy = f"Call one of: {known}." if known else "Reply in text: there are no tools here."
                raise UnknownToolError(f"There is no tool `{name}`. {remedy}", reply=reply)
    if not reply.strip() and not tool_names:
        raise EmptyReplyError("Your reply was empty. Reply with the value asked for.", reply=reply)
