"""Every name that a span carries.

The `gen_ai.*` names follow the OpenTelemetry semantic conventions for generative AI (status: development), as published
in semantic conventions 0.66b2; they are copied here, since the package keeps them under a private path. What has no
name there stands under `llm_strategy.*`.
"""

from __future__ import annotations

__all__ = [
    "ACTIONS",
    "ACTIONS_ENDED",
    "ACTION_FORMAT",
    "ARGUMENTS",
    "ATTEMPT",
    "CACHED_TOKENS",
    "CACHE_HIT",
    "CANCELLED",
    "CODE",
    "CODE_OUTPUT",
    "CODE_RESTORED",
    "CODE_SECONDS",
    "COST",
    "DROPPED",
    "ERROR_TYPE",
    "EVALUATION",
    "EVALUATION_NAME",
    "EVALUATION_SCORE",
    "EXCEPTION",
    "EXCEPTION_MESSAGE",
    "EXCEPTION_STACK",
    "EXCEPTION_TYPE",
    "FILE",
    "FILE_OPERATION",
    "FILE_PATH",
    "FILE_SIZE",
    "FINISH_REASONS",
    "FIRST_CHUNK",
    "FUNCTION",
    "HYPERPARAMETERS",
    "HYPERPARAMETERS_HASH",
    "HYPERPARAMETERS_OPERATIVE",
    "INPUT_MESSAGES",
    "INPUT_TOKENS",
    "KIND",
    "MAX_TOKENS",
    "METHOD",
    "OPERATION",
    "OUTPUT_MESSAGES",
    "OUTPUT_TOKENS",
    "PLANNER_ATTEMPT",
    "PLANNER_CONTEXT",
    "PLANNER_EPOCH",
    "PLANNER_ERRORS",
    "PLANNER_INSTRUCTION",
    "PLANNER_OUTCOME",
    "PLANNER_PROGRAM",
    "PLANNER_REQUIREMENTS",
    "PLANNER_STEP",
    "PLANNER_TESTS_FAILED",
    "PLANNER_TESTS_PASSED",
    "PLANNER_TESTS_RAN",
    "PLANNER_TURN",
    "PROMPT_HASH",
    "PROVIDER",
    "REASONING",
    "REASONING_TOKENS",
    "REPLAYED",
    "REQUEST_MODEL",
    "RESPONSE_ID",
    "RESPONSE_MODEL",
    "RESULT",
    "RETRY",
    "ROLLOUT_CANDIDATE",
    "ROLLOUT_CASE",
    "ROLLOUT_REPEAT",
    "ROLLOUT_SPLIT",
    "SANDBOX",
    "SCHEMA",
    "SEED",
    "SETTINGS",
    "STREAMED",
    "TEMPERATURE",
    "TOOL_ARGUMENTS",
    "TOOL_CALL_ID",
    "TOOL_DEFINITIONS",
    "TOOL_NAME",
    "TOOL_RESULT",
    "UNFINISHED",
]

# GenAI semantic conventions.
OPERATION = "gen_ai.operation.name"
"""`chat`, `execute_tool`, ..."""
PROVIDER = "gen_ai.provider.name"
REQUEST_MODEL = "gen_ai.request.model"
TEMPERATURE = "gen_ai.request.temperature"
MAX_TOKENS = "gen_ai.request.max_tokens"
SEED = "gen_ai.request.seed"
STREAMED = "gen_ai.request.stream"
RESPONSE_MODEL = "gen_ai.response.model"
RESPONSE_ID = "gen_ai.response.id"
FINISH_REASONS = "gen_ai.response.finish_reasons"
"""A sequence of texts, one for each choice."""
FIRST_CHUNK = "gen_ai.response.time_to_first_chunk"
"""Seconds from the request to the first piece of a streamed reply."""
INPUT_TOKENS = "gen_ai.usage.input_tokens"
"""Cached ones included. Only on chat spans: totals are sums over these."""
OUTPUT_TOKENS = "gen_ai.usage.output_tokens"
"""Reasoning included."""
CACHED_TOKENS = "gen_ai.usage.cache_read.input_tokens"
REASONING_TOKENS = "gen_ai.usage.reasoning.output_tokens"
INPUT_MESSAGES = "gen_ai.input.messages"
"""JSON: `[{"role": ..., "parts": [{"type": "text", "content": ...}]}]`."""
OUTPUT_MESSAGES = "gen_ai.output.messages"
"""JSON, of the same form, with a `finish_reason`."""
TOOL_DEFINITIONS = "gen_ai.tool.definitions"
"""The tools that a request offers, as JSON: `[{"type": "function", "name": ..., "parameters": ...}]`."""
TOOL_NAME = "gen_ai.tool.name"
TOOL_CALL_ID = "gen_ai.tool.call.id"
TOOL_ARGUMENTS = "gen_ai.tool.call.arguments"
TOOL_RESULT = "gen_ai.tool.call.result"
EVALUATION = "gen_ai.evaluation.result"
"""Name of the event of a score."""
EVALUATION_NAME = "gen_ai.evaluation.name"
EVALUATION_SCORE = "gen_ai.evaluation.score.value"

# General semantic conventions.
ERROR_TYPE = "error.type"
EXCEPTION = "exception"
"""Name of the event of an exception."""
EXCEPTION_TYPE = "exception.type"
EXCEPTION_MESSAGE = "exception.message"
EXCEPTION_STACK = "exception.stacktrace"
FILE_PATH = "file.path"
FILE_SIZE = "file.size"

# Ours.
KIND = "llm_strategy.kind"
"""`session`, `function`, `prompt`, `attempt`, `chat`, `tool`, `code` or `step`."""
FUNCTION = "llm_strategy.function"
"""Module and qualified name of the function that asks."""
ARGUMENTS = "llm_strategy.arguments"
"""Arguments of a function, as JSON by name."""
RESULT = "llm_strategy.result"
"""Value of a function, as JSON."""
REASONING = "llm_strategy.reasoning"
"""Name of the method of reasoning."""
METHOD = "llm_strategy.method"
"""The structured-output method of an attempt."""
PROMPT_HASH = "llm_strategy.prompt.hash"
"""Tells prompts apart that differ in more than their inputs."""
SCHEMA = "llm_strategy.schema"
"""The JSON schema that was sent, or the compact one in the prompt."""
ATTEMPT = "llm_strategy.attempt"
"""Number of the attempt, from 1; above 1 it is a retry."""
RETRY = "llm_strategy.retry"
"""How often the request of a chat span was sent before, because no reply came; absent on the first one."""
CACHE_HIT = "llm_strategy.cache.hit"
"""True where the reply came from a cache: it has no usage, since nobody was asked."""
REPLAYED = "llm_strategy.journal.replayed"
"""True where the reply came from the journal of a durable run: an earlier run has paid for it."""
COST = "llm_strategy.cost.usd"
"""Cost of a reply in US dollars; absent where the price of the model is not known."""
HYPERPARAMETERS = "llm_strategy.hyperparameters"
"""What the scopes in force had set, as JSON; on session and function spans."""
HYPERPARAMETERS_HASH = "llm_strategy.hyperparameters.hash"
"""Hash of it; on every span."""
HYPERPARAMETERS_OPERATIVE = "llm_strategy.hyperparameters.operative"
"""Every hyperparameter that was used in a session, as JSON; on the session's span."""
SETTINGS = "llm_strategy.settings"
"""What shapes the calls of the function, where it differs from the plain defaults, as JSON; on function spans."""
CANCELLED = "llm_strategy.cancelled"
"""True where the caller lost interest: a closed iterator, a cancelled task."""
UNFINISHED = "llm_strategy.unfinished"
"""True on a span that had no end when it was exported: OTLP has no open spans, so that it ends with the trace."""
DROPPED = "llm_strategy.dropped_characters"
"""How many characters of texts were not captured."""
ACTIONS = "llm_strategy.actions"
"""How many actions a model took; on the prompt's span."""
ACTIONS_ENDED = "llm_strategy.actions.ended"
"""Why it took no more: `finish`, or the name of the error."""
ACTION_FORMAT = "llm_strategy.actions.format"
"""`code`, `json`, `text` or `native`; on the spans of steps."""
CODE = "llm_strategy.code"
CODE_OUTPUT = "llm_strategy.code.output"
"""What it printed, the value of its last line, and its traceback."""
CODE_SECONDS = "llm_strategy.code.seconds"
"""How long it ran, without the time in tools."""
CODE_RESTORED = "llm_strategy.code.restored"
"""How many earlier actions were run again before it, because the sandbox had been lost."""
SANDBOX = "llm_strategy.sandbox"
"""Name of the sandbox that code ran in."""
FILE = "llm_strategy.file"
"""Name of the event of an access to a file."""
FILE_OPERATION = "llm_strategy.file.operation"
"""`read`, `write`, `create` or `delete`."""

# The planner.
PLANNER_ATTEMPT = "llm_strategy.planner.attempt"
"""Number of the attempt at a step, from 1."""
PLANNER_CONTEXT = "llm_strategy.planner.context"
"""Letters of the request of a turn."""
PLANNER_EPOCH = "llm_strategy.planner.epoch"
"""How often a step was begun anew by hand."""
PLANNER_ERRORS = "llm_strategy.planner.errors"
"""Number of problems that the evaluators found in the workspace."""
PLANNER_INSTRUCTION = "llm_strategy.planner.instruction"
"""Text of the instruction of a step."""
PLANNER_OUTCOME = "llm_strategy.planner.outcome"
"""`done`, `failed` or `skipped`; of a condition `yes` or `no`."""
PLANNER_PROGRAM = "llm_strategy.planner.program"
"""The program, as YAML."""
PLANNER_REQUIREMENTS = "llm_strategy.planner.requirements"
"""As JSON: of a plan the texts by id, of a step the ids that it serves."""
PLANNER_STEP = "llm_strategy.planner.step"
"""Path of the step in the program."""
PLANNER_TESTS_FAILED = "llm_strategy.planner.tests.failed"
"""Tests of the workspace that failed."""
PLANNER_TESTS_PASSED = "llm_strategy.planner.tests.passed"
"""Tests of the workspace that passed."""
PLANNER_TESTS_RAN = "llm_strategy.planner.tests.ran"
"""Whether tests were run at all."""
PLANNER_TURN = "llm_strategy.planner.turn"
"""Number of the turn in an attempt, from 1."""

# Runs of a task that the optimizer has asked for.
ROLLOUT_CANDIDATE = "llm_strategy.rollout.candidate"
"""Key of the candidate."""
ROLLOUT_CASE = "llm_strategy.rollout.case"
"""Id of the case."""
ROLLOUT_REPEAT = "llm_strategy.rollout.repeat"
"""Number of the repeat, from 0."""
ROLLOUT_SPLIT = "llm_strategy.rollout.split"
"""`train`, `val`, `test` or `synthetic`."""
