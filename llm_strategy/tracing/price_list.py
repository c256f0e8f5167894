"""List prices of well-known models in US dollars per million tokens, as they stood on 2025-11-13.

Only prices of text, at the standard tier and for prompts of the usual length. Providers change them without notice:
check what matters to you, and set your own with `register_price`. Not in the list: batch, flex and priority tiers,
surcharges for very long prompts and for writing to a cache (Anthropic has both), audio, images, tools of a provider,
and models whose list price was not certain, all of Gemini 2.5 among them.
"""

from __future__ import annotations

__all__ = ["PRICE_LIST"]

PRICE_LIST: dict[str, tuple[float, float, float | None]] = {
    # OpenAI: input, output, cached input.
    "gpt-4o": (2.5, 10, 1.25),
    "gpt-4o-2024-05-13": (5, 15, None),
    "gpt-4o-mini": (0.15, 0.6, 0.075),
    "gpt-4.1": (2, 8, 0.5),
    "gpt-4.1-mini": (0.4, 1.6, 0.1),
    "gpt-4.1-nano": (0.1, 0.4, 0.025),
    "gpt-5": (1.25, 10, 0.125),
    "gpt-5-mini": (0.25, 2, 0.025),
    "gpt-5-nano": (0.05, 0.4, 0.005),
    "o3": (2, 8, 0.5),
    "o4-mini": (1.1, 4.4, 0.275),
    # Anthropic.
    "claude-3-haiku": (0.25, 1.25, 0.03),
    "claude-3-opus": (15, 75, 1.5),
    "claude-3-5-haiku": (0.8, 4, 0.08),
    "claude-3-5-sonnet": (3, 15, 0.3),
    "claude-3-7-sonnet": (3, 15, 0.3),
    "claude-sonnet-4": (3, 15, 0.3),
    "claude-sonnet-4-0": (3, 15, 0.3),
    "claude-opus-4": (15, 75, 1.5),
    "claude-opus-4-0": (15, 75, 1.5),
    "claude-opus-4-1": (15, 75, 1.5),
    "claude-sonnet-4-5": (3, 15, 0.3),
    "claude-haiku-4-5": (1, 5, 0.1),
    # Google.
    "gemini-2.0-flash": (0.1, 0.4, 0.025),
    "gemini-2.0-flash-001": (0.1, 0.4, 0.025),
}
