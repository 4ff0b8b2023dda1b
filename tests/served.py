"""A real HTTP server on loopback that speaks OpenAI's chat completions, well or badly, as a test wants it."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import Any

Turn = Callable[["Handler", dict[str, Any]], None]


class Handler(BaseHTTPRequestHandler):
    """Writes what the server's script says; the helpers below are its words."""

    protocol_version = "HTTP/1.1"
    under_way = False
    server: _Server

    def log_message(self, *args: Any) -> None:
        """Keep silent."""

    def do_GET(self) -> None:
        self.served.gets.append(self.path)
        if self._locked():
            return
        if isinstance(self.served.models, bytes):
            self.whole(200, self.served.models, "application/json")
        elif self.path == "/v1/models" and self.served.models is not None:
            self.json(200, {"object": "list", "data": [{"id": name, "object": "model"} for name in self.served.models]})
        else:
            self.json(404, {"detail": "Not Found"})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        served = self.served
        with served.lock:
            served.requests.append(body)
            served.headers.append(dict(self.headers))
            served.callers.append(self.client_address)
            turn = served.turns[min(len(served.requests), len(served.turns)) - 1]
            self.under_way = True
            served.at_once += 1
            served.most_at_once = max(served.most_at_once, served.at_once)
        try:
            if not self._locked():
                turn(self, body)
        finally:
            self.over()

    def over(self) -> None:
        """Count the request as answered: once, and before the client can know it, which may ask again at once."""
        with self.served.lock:
            self.served.at_once -= self.under_way
            self.under_way = False

    @property
    def served(self) -> Served:
        return self.server.served

    def _locked(self) -> bool:
        """Refuse whoever has not the key, quoting the wrong one, as bad servers do."""
        given = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if self.served.key is None or given == self.served.key:
            return False
        self.json(401, {"error": {"message": f"Incorrect API key provided: {given}.", "code": "invalid_api_key"}})
        return True

    def json(self, status: int, value: Any, **headers: str) -> None:
        self.whole(status, json.dumps(value).encode(), "application/json", **headers)

    def whole(self, status: int, body: bytes, kind: str, **headers: str) -> None:
        self.over()
        self.send_response(status)
        for name, text in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), text)
        self.end_headers()
        self.wfile.write(body)

    def begin(self, kind: str = "text/event-stream") -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def chunk(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()

    def event(self, value: Any) -> None:
        self.chunk(b"data: " + (value if isinstance(value, bytes) else json.dumps(value).encode()) + b"\n\n")

    def end(self) -> None:
        self.chunk(b"")

    def cut(self) -> None:
        """Break the connection off, in the midst of whatever was being said."""
        self.close_connection = True

    def wait(self, seconds: float) -> None:
        self.served.closing.wait(seconds)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    served: Served

    def process_request(self, request: Any, client_address: Any) -> None:
        self.served.open.append(request)
        super().process_request(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Let clients go away whenever they like."""


@dataclass
class Served:
    """A server that takes its turns in order, the last one again and again, and keeps what it was asked."""

    turns: Sequence[Turn]
    models: Sequence[str] | bytes | None = ("tiny",)  # bytes: instead of the list; None: no list
    key: str | None = None
    port: int = 0  # 0: any that is free
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    callers: list[Any] = field(default_factory=list)  # address and port of who sent each request
    gets: list[str] = field(default_factory=list)
    left_early: list[int] = field(default_factory=list)  # how many pieces were written when the client went away
    open: list[socket.socket] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    lock: Any = field(default_factory=Lock)
    closing: Event = field(default_factory=Event)

    def __enter__(self) -> Served:
        self._server = _Server(("127.0.0.1", self.port), Handler)
        self._server.served = self
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        for connection in self.open:  # clients that keep theirs find it closed
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"


def piece(text: str | None, logprobs: Sequence[dict[str, Any]] | None = None, finish: str | None = None) -> dict[str, Any]:
    """Return a piece of a streamed answer."""
    choice: dict[str, Any] = {"index": 0, "delta": {} if text is None else {"content": text}, "finish_reason": finish}
    if logprobs is not None:
        choice["logprobs"] = {"content": list(logprobs)}
    return {"object": "chat.completion.chunk", "choices": [choice]}


def says(
    text: str | Iterable[str],
    *,
    before: float = 0,
    between: float = 0,
    finish: str = "stop",
    usage: tuple[int, int] | None = (9, 5),
) -> Turn:
    """Return a turn that streams a text, in the pieces given or ten letters at a time."""
    pieces = [text[start : start + 10] for start in range(0, len(text), 10)] if isinstance(text, str) else text

    def turn(handler: Handler, body: dict[str, Any]) -> None:
        handler.wait(before)
        handler.begin()
        handler.event({"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}]})
        written = 0
        try:
            for part in pieces:
                handler.event(piece(part))
                written += 1
                handler.wait(between)
        except ConnectionError:
            handler.served.left_early.append(written)
            handler.cut()
            return
        handler.event(piece(None, finish=finish))
        if usage and body.get("stream_options"):
            handler.event({"choices": [], "usage": {"prompt_tokens": usage[0], "completion_tokens": usage[1]}})
        handler.over()
        handler.event(b"[DONE]")
        handler.end()

    return turn


def streams(*events: Any, done: bool = True, cut: bool = False) -> Turn:
    """Return a turn that streams events as they are given: bytes as they stand, else as JSON."""

    def turn(handler: Handler, body: dict[str, Any]) -> None:
        handler.begin()
        for event in events:
            handler.event(event)
        if done:
            handler.event(b"[DONE]")
        if cut:
            handler.cut()
        else:
            handler.end()

    return turn


def fails(status: int, value: Any = None, **headers: str) -> Turn:
    """Return a turn that answers with a status, and with JSON or a page of HTML."""

    def turn(handler: Handler, body: dict[str, Any]) -> None:
        if isinstance(value, str):
            handler.whole(status, value.encode(), "text/html; charset=utf-8", **headers)
        else:
            handler.json(status, value if value is not None else {"error": {"message": f"a scripted {status}"}}, **headers)

    return turn


def refuses(message: Callable[[dict[str, Any]], str | None], well: Turn, *, status: int = 400) -> Turn:
    """Return a turn that refuses requests that `message` has one for, and answers the others well."""

    def turn(handler: Handler, body: dict[str, Any]) -> None:
        reason = message(body)
        if reason is None:
            well(handler, body)
        else:
            handler.json(status, {"error": {"message": reason, "type": "invalid_request_error", "param": None, "code": status}})

    return turn


def echoes(delay: Callable[[str], float] = lambda text: 0.0) -> Turn:
    """Return a turn that says what it was asked, each after a delay of its own."""

    def turn(handler: Handler, body: dict[str, Any]) -> None:
        text = body["messages"][-1]["content"][-1]["text"]
        says(text, before=delay(text))(handler, body)

    return turn


def waited(began: float) -> float:
    """Return the seconds since `began`."""
    return time.monotonic() - began
