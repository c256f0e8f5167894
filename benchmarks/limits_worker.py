"""One process of the benchmark of limits: it asks a loopback server as fast as its limits let it.

python -m benchmarks.limits_worker ADDRESS FILE REQUESTS PERIOD SECONDS
"""

import http.client
import json
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

from llm_strategy.errors import TimedOutError
from llm_strategy.flow import ChatRequest, Parallel, Profile, layered, run
from llm_strategy.flow.limits import LimitsLayer, Rates
from llm_strategy.flow.limits.shared_books import SharedBooks
from llm_strategy.messages import Message, Reply, Usage


class Http:
    """A model that is asked over HTTP, with nothing between."""

    name, account, profile = "loopback", "loopback:account", Profile()
    keeps_time = True
    """No thread is needed to end its requests: they are short."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._local = threading.local()

    def reply(self, request: ChatRequest) -> Reply:
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = http.client.HTTPConnection(self.address)
        body = {"prompt": request.messages[-1].content, "max_tokens": request.sampling.max_tokens}
        connection.request("POST", "/", json.dumps(body))
        told = json.load(connection.getresponse())
        usage = Usage(told["prompt"], told["reply"])
        return Reply(Message.assistant("."), told["finish"], usage=usage)


def main() -> None:
    address, file, requests, period, seconds = sys.argv[1:]
    layer = LimitsLayer(Rates(requests=int(requests), period=float(period)), 16, SharedBooks(Path(file)))
    end = time.monotonic() + float(seconds)
    request = ChatRequest(Http(address), (Message.user("Hello."),), deadline=end)

    def asking():
        with suppress(TimedOutError):
            while True:
                yield request

    def several():
        return (yield Parallel(tuple(asking() for _ in range(4)), limit=4))

    with layered(layer):
        run(several())
    assert layer.books is not None
    assert layer.books.shared, "the file could not be used"


if __name__ == "__main__":
    main()
