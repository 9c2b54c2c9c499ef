"""A small HTTP server on a free port of 127.0.0.1 that answers from a table."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answers = Mapping[str, object]
"""Path -> text, JSON value, or (status, text or JSON value). Anything else is 404."""


@dataclass
class Served:
    url: str
    port: int
    asked: list[str] = field(default_factory=list)


@contextmanager
def serve(answers: Answers, *, hold: threading.Event | None = None) -> Iterator[Served]:
    """The server runs within the block; with `hold` it accepts requests but answers none until the block ends."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            if hold is not None:
                hold.wait(10)
                return
            answer = answers.get(self.path, (404, "not found"))
            status, body = answer if isinstance(answer, tuple) else (200, answer)
            raw = (body if isinstance(body, str) else json.dumps(body)).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(raw)))
            if status in (301, 302, 307):
                self.send_header("location", str(body))
            self.end_headers()
            try:
                self.wfile.write(raw)
            except OSError:  # the client has read enough
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    port = server.server_address[1]
    try:
        yield Served(f"http://127.0.0.1:{port}", port, asked)
    finally:
        if hold is not None:
            hold.set()
        server.shutdown()
        server.server_close()
        thread.join()
