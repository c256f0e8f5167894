"""The layer that sends a request again where no reply came.

It is the only place that does: the clients of the providers are told not to, so that retries never multiply. Only a
`TransportError` that says it is `retryable` is retried; what a reply means is the business of the flow that asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from llm_strategy.flow.ranks import RETRY
from llm_strategy.flow.requests import ChatRequest, CloseStream, OpenStream
from llm_strategy.flow.retries.beginning import Begin
from llm_strategy.flow.retries.tries import Tries, deadline_of
from llm_strategy.flow.time_limits import TimeLimits
from llm_strategy.flow.waiting import Sleep

if TYPE_CHECKING:
    from llm_strategy.flow.layers import Onward, Path
    from llm_strategy.flow.requests import Flow, Request, Stream
    from llm_strategy.flow.retries.policy import RetryPolicy
    from llm_strategy.messages import Reply

__all__ = ["Retries"]


class Retries:
    """Sends requests again, by the rules of a policy.

    A streamed reply is asked for again as long as nothing of it has come. An error after its first words is raised in
    the flow that reads it: only that flow knows what it has done with the beginning.
    """

    __slots__ = ("policy",)

    rank: Final = RETRY
    kind: Final = "retry"

    def __init__(self, policy: RetryPolicy) -> None:
        self.policy = policy
        """The rules."""

    def __call__(self, request: Request, path: Path, onward: Onward) -> Flow[Any]:  # noqa: ARG002 (the form of a layer)
        """Answer a request to a model in as many attempts as it takes; pass any other one on."""
        if isinstance(request, ChatRequest):
            return self._reply(request, onward)
        return self._stream(request, onward) if isinstance(request, OpenStream) else onward(request)

    def time_limits(self, request: ChatRequest) -> TimeLimits:
        """Return how long a call may take: for layers above, where it may wait, too."""
        policy = self.policy
        attempts = None if policy.timeout is None else policy.timeout * policy.attempts
        return TimeLimits(deadline_of(policy, request), attempts)

    def _reply(self, request: ChatRequest, onward: Onward) -> Flow[Reply]:
        tries = Tries(self.policy, request)
        while True:
            try:
                reply: Reply = yield from onward(tries.following())
            except BaseException as error:
                wait = tries.wait_after(error)
                if wait is None:
                    raise
            else:
                tries.answered()
                return reply
            yield Sleep(wait)

    def _stream(self, request: OpenStream, onward: Onward) -> Flow[Stream]:
        tries = Tries(self.policy, request.request)
        while True:
            opened: list[Stream] = []
            try:
                stream: Stream = yield from onward(OpenStream(tries.following()))
                opened.append(stream)
                yield Begin(stream, tries)
            except BaseException as error:
                wait = tries.wait_after(error)
                if wait is None:
                    raise
            else:
                return stream
            for failed in opened:
                yield CloseStream(failed)
            yield Sleep(wait)
