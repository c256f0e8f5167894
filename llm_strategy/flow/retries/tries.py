"""The attempts at one request: what is sent next, what went wrong so far, and whether it is worth another try."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from llm_strategy.errors import CircuitOpenError, TransportError, UnsupportedError
from llm_strategy.flow.account import account_of, lasting

if TYPE_CHECKING:
    from llm_strategy.flow.requests import ChatRequest
    from llm_strategy.flow.retries.policy import RetryPolicy

__all__ = ["Tries", "deadline_of"]


class Tries:
    """The attempts at one request, under one policy."""

    __slots__ = ("_account", "_deadline", "_errors", "_policy", "_probe", "_request")

    def __init__(self, policy: RetryPolicy, request: ChatRequest) -> None:
        self._policy = policy
        self._request = request
        self._account = account_of(request.model)
        self._errors: list[TransportError] = []
        self._probe = False
        self._deadline = deadline_of(policy, request)

    def following(self) -> ChatRequest:
        """Return what to send next. Raises CircuitOpenError: nothing, the model is left alone."""
        policy, request = self._policy, self._request
        if policy.breaker is not None:
            self._probe = policy.breaker.admit(self._account, request.model.name)
        if not self._errors and policy.timeout is None and self._deadline == request.deadline:
            return request
        times = [seconds for seconds in (policy.timeout, request.timeout) if seconds is not None]
        retry, timeout = request.retry + len(self._errors), min(times, default=None)
        return replace(request, retry=retry, timeout=timeout, deadline=self._deadline)

    def answered(self) -> None:
        """Take note of a reply."""
        if self._policy.breaker is not None:
            self._policy.breaker.answered(self._account)

    def broke(self, error: BaseException) -> None:
        """Take note of an attempt that ended without a whole reply."""
        breaker = self._policy.breaker
        if breaker is None or isinstance(error, CircuitOpenError):
            return
        if isinstance(error, TransportError):
            breaker.failed(self._account, error, probe=self._probe)
            owner = lasting(self._request.model)
            if self._account.endswith(f":{id(owner)}"):
                breaker.follow(self._account, owner)
        elif isinstance(error, UnsupportedError):
            breaker.answered(self._account)
        else:
            breaker.ended(self._account, probe=self._probe)

    def wait_after(self, error: BaseException) -> float | None:
        """Take note of a failed attempt; return how long to wait before the next one, None where there is none."""
        self.broke(error)
        if not isinstance(error, TransportError):
            return None
        error.earlier = tuple(self._errors)
        self._errors.append(error)
        if not error.retryable or isinstance(error, CircuitOpenError):
            return None
        return self._wait(error)

    def _wait(self, error: TransportError) -> float | None:
        policy, sent = self._policy, len(self._errors)
        if sent >= policy.attempts:
            error.given_up = f"It was attempt {sent} of {policy.attempts}." if sent > 1 else ""
            return None
        asked = error.retry_after
        wait = max(policy.backoff.seconds(sent), asked or 0.0)
        left = None if self._deadline is None else self._deadline - policy.clock()
        if left is not None and wait >= left:
            why = "" if asked is None else f", and the provider wants the next request in {_told(asked)} s"
            error.given_up = f"It was not sent again: {_told(max(0.0, left))} s are left of the deadline{why}."
            return None
        if left is None and asked is not None and asked > policy.longest_wait:
            error.given_up = (
                f"It was not sent again: the provider wants the next request in {_told(asked)} s, and no wait may be "
                f"longer than {_told(policy.longest_wait)} s. To wait so long, raise longest_wait or set a deadline."
            )
            return None
        return wait


def deadline_of(policy: RetryPolicy, request: ChatRequest) -> float | None:
    """Return when a call must be over, by the clock of the policy: its time counts from when it was first asked."""
    if policy.deadline is None:
        return request.deadline
    ends = (policy.clock() if request.began is None else request.began) + policy.deadline
    return ends if request.deadline is None else min(ends, request.deadline)


def _told(seconds: float) -> str:
    return f"{seconds:.3g}" if seconds < 100 else f"{seconds:.0f}"
