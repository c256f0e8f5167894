"""A provider on the loopback interface that counts what it is asked, by session and input.

`POST /SESSION/v1/chat/completions` gives the same reply to the same input, always; `GET /SESSION` gives the counts.
"""

import json
import re
import sys
import threading
import time
from collections import Counter, defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

INPUT = re.compile(r"input (\d+)")
COUNTS: dict[str, Counter] = defaultdict(Counter)
LOCK = threading.Lock()
OPEN: list = []
"""Connections; they are taken in the order in which they were made."""


class Provider(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        number = int(INPUT.findall(json.loads(body)["messages"][-1]["content"])[-1])
        with LOCK:
            COUNTS[self.path.split("/")[1]][number] += 1
        time.sleep(0.002 + number % 7 * 0.001)  # replies overtake each other
        self.answer(reply_to(number))

    def do_GET(self) -> None:
        while len(OPEN) > 1:  # what a killed caller has sent may not have been read yet
            time.sleep(0.001)
        with LOCK:
            self.answer(dict(COUNTS[self.path.strip("/")]))

    def answer(self, data: object) -> None:
        body = json.dumps(data).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def process_request(self, request, client_address) -> None:
        OPEN.append(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request) -> None:
        super().shutdown_request(request)
        OPEN.remove(request)

    def handle_error(self, *_: object) -> None:
        """Callers are killed in the middle of a request here."""


def reply_to(number: int) -> dict:
    """The reply to an input: a value of its own, and a bill of its own."""
    value = json.dumps({"return_value": f"value {number * number}"})
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": value}}
    tokens = {"prompt_tokens": 100 + number, "completion_tokens": 10 + number % 5}
    return {
        "id": f"reply-{number}",
        "object": "chat.completion",
        "created": 0,
        "model": "gpt-4o-2024-08-06",
        "choices": [choice],
        "usage": {**tokens, "total_tokens": sum(tokens.values())},
    }


def main() -> None:
    server = Server(("127.0.0.1", 0), Provider)
    threading.Thread(target=lambda: (sys.stdin.read(), server.shutdown()), daemon=True).start()  # ends with its parent
    print(server.server_port, flush=True)
    server.serve_forever(0.05)


if __name__ == "__main__":
    main()
