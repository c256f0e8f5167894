"""Errors of what lies on disk, or came from another process: values, tapes, traces, model files."""

from __future__ import annotations

from llm_strategy.errors.root import LLMStrategyError

__all__ = [
    "ModelDownloadError",
    "ModelFileError",
    "ModelFileMissingError",
    "ModelHashError",
    "ReplayError",
    "StoredDataError",
    "TraceFileError",
]


class StoredDataError(LLMStrategyError, ValueError):
    """What was stored, or sent by another process, does not fit its type."""


class ReplayError(LLMStrategyError, LookupError):
    """A recorded model was asked something that is not on its tape."""


class TraceFileError(LLMStrategyError):
    """A trace cannot be read."""


class ModelFileError(LLMStrategyError):
    """A model file of the embedded runtime cannot be used."""


class ModelFileMissingError(ModelFileError, FileNotFoundError):
    """The model file is not on this machine."""


class ModelDownloadError(ModelFileError):
    """The model file could not be fetched from any of its sources."""


class ModelHashError(ModelFileError):
    """The bytes of a model file are not the ones that were pinned."""
