"""A provider on the loopback interface that plays a script, and counts what it is sent.

`PUT /SESSION` sets the script: `{"tape": [message, ...]}` gives the messages one after the other, `{"rules": [...]}`
gives that of the first rule that fits the request. `POST /SESSION/v1/chat/completions` answers;
`GET /SESSION` tells of each request the name of its rule (of its place on the tape) and its letters, and
`GET /SESSION/settled` does so when all connections before it are over.
"""

import glob
import json
import shutil
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from benchmarks.resume_server import OPEN, Server

WAITING: list = []
"""Those of the connections that wait for others to be over."""
SCRIPTS: dict[str, dict] = {}
REQUESTS: dict[str, list] = {}
LOCK = threading.Lock()


def letters(body: dict) -> int:
    """How many letters a model would read: those of the messages, of calls of tools in them, and of the tools.

    >>> letters({"messages": [{"role": "user", "content": "Hello"}], "model": "any"})
    5
    """
    called = [message["tool_calls"] for message in body["messages"] if message.get("tool_calls")]
    told = [body[name] for name in ("tools", "response_format") if body.get(name)]
    return sum(map(len, _texts(body))) + sum(len(json.dumps(one)) for one in (*called, *told))


def _texts(body: dict) -> list[str]:
    """The texts of the messages; of those that come in parts, all parts."""
    found = []
    for message in body["messages"]:
        content = message.get("content") or ""
        parts = content if isinstance(content, list) else [{"text": content}]
        found.append("".join(part.get("text") or "" for part in parts))
    return found


def fitting(rules: list[dict], body: dict) -> dict:
    """The first rule that fits: `last` has to be in the last message, `has` anywhere, and `lacks` nowhere.

    >>> rules = [{"last": ["a"], "say": 1}, {"has": ["b"], "lacks": ["c"], "say": 2}, {"say": 3}]
    >>> [fitting(rules, {"messages": [{"content": "b"}, {"content": text}]})["say"] for text in ("a", "x", "c")]
    [1, 2, 3]
    """
    texts = _texts(body)
    called = [json.dumps(message.get("tool_calls") or "") for message in body["messages"]]
    everything = "\n".join((*texts, *called))
    return next(
        rule
        for rule in rules
        if all(one in texts[-1] for one in rule.get("last", ()))
        and all(one in everything for one in rule.get("has", ()))
        and not any(one in everything for one in rule.get("lacks", ()))
    )


class Provider(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_PUT(self) -> None:
        session = self.path.strip("/")
        with LOCK:
            SCRIPTS[session], REQUESTS[session] = self.body(), []
        self.answer({})

    def do_POST(self) -> None:
        session, body = self.path.split("/")[1], self.body()
        with LOCK:
            asked, script = REQUESTS[session], SCRIPTS[session]
            number = len(asked)
            rule = fitting(script["rules"], body) if "rules" in script else {"say": script["tape"][number]}
            name = rule.get("name", str(number))
            asked.append([name, letters(body)])
            for event in rule.get("events", ()):
                happen(**event)
        time.sleep(script.get("seconds", 0))
        self.answer(completion(name, rule["say"], asked[number][1]))

    def do_GET(self) -> None:
        session, _, settled = self.path.strip("/").partition("/")
        if settled:
            self.wait()
        with LOCK:
            self.answer(REQUESTS.get(session, []))

    def wait(self) -> None:
        """Wait for the connections before this one: what a killed caller has sent may not have been read yet."""
        WAITING.append(self.connection)
        before = OPEN[: OPEN.index(self.connection)]
        while any(one in OPEN and one not in WAITING for one in before):
            time.sleep(0.001)
        WAITING.remove(self.connection)

    def body(self) -> dict:
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

    def answer(self, data: object) -> None:
        body = json.dumps(data).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def happen(folders: str, path: str, text: str | None = None) -> None:
    """Somebody else puts a file into folders (a pattern), or removes one or a folder there where there is no text."""
    for folder in glob.glob(folders):  # noqa: PTH207 (the pattern is a whole path)
        place = Path(folder, path)
        if text is not None:
            place.write_text(text, encoding="utf-8")
        elif place.is_dir():
            shutil.rmtree(place)
        else:
            place.unlink(missing_ok=True)


def completion(name: str, message: dict, read: int) -> dict:
    """The reply to a request; a token is taken to be four letters."""
    finish = "tool_calls" if message.get("tool_calls") else "stop"
    tokens = {"prompt_tokens": read // 4, "completion_tokens": len(json.dumps(message)) // 4}
    return {
        "id": f"reply-{name}",
        "object": "chat.completion",
        "created": 0,
        "model": "gpt-4o-2024-08-06",
        "choices": [
            {"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": None, **message}}
        ],
        "usage": {**tokens, "total_tokens": sum(tokens.values())},
    }


def main() -> None:
    server = Server(("127.0.0.1", 0), Provider)
    threading.Thread(target=lambda: (sys.stdin.read(), server.shutdown()), daemon=True).start()  # ends with its parent
    print(server.server_port, flush=True)
    server.serve_forever(0.05)


if __name__ == "__main__":
    main()
