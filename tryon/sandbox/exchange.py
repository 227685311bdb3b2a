"""One request in, one answer out: the HTTP/1.1 side of the sandbox."""

import socket
import socketserver
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl

from tryon.sandbox.answers import Answer, refusal_answer
from tryon.sandbox.controls import LIMIT, PREFIX, control
from tryon.sandbox.errors import RefusedError, bad_request, wrong_method
from tryon.sandbox.lines import Lines
from tryon.sandbox.reading import CutOffError, read_body
from tryon.sandbox.record import Record
from tryon.sandbox.routes import route_of
from tryon.sandbox.state import Call, State, StoppedError


class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 512

    def __init__(self, address: tuple[str, int], state: State, verbose: bool) -> None:
        self.state = state
        self.verbose = verbose
        self.lines = Lines()
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        super().__init__(address, Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news; anything else is a defect of the sandbox."""
        if not isinstance(sys.exception(), OSError) and not self.state.stopping.is_set():
            traceback.print_exc()


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    server_version = "TryonSandbox"
    sys_version = ""
    disable_nagle_algorithm = True
    timeout = 120

    def setup(self) -> None:
        super().setup()
        self.server.lines.opened(self.connection)

    def finish(self) -> None:
        try:
            super().finish()
        finally:
            self.server.lines.closed(self.connection)

    def do_GET(self) -> None:
        self.server.lines.busier(1)
        try:
            self._serve(self.server.state)
        except (OSError, CutOffError, StoppedError):
            self.close_connection = True
        finally:
            self.server.lines.busier(-1)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_HEAD = do_GET  # noqa: N815

    def _serve(self, state: State) -> None:
        path, _, query = self.path.partition("?")
        kind, host = self.headers.get("Content-Type", ""), self.headers.get("Host") or self._own_address()
        call = Call(self.command, path, dict(parse_qsl(query)), kind, host)
        if call.path.startswith(PREFIX):
            self._send(self._answer(call, self._control), Record(state, call, None))
            return
        record = Record(state, call, route_of(call.path).endpoint)
        try:
            answer = self._answer(call, self._gateway)
            record.bill = answer.bill
            state.rest(answer.wait)
            self._send(answer, record)
        except (OSError, CutOffError, StoppedError):
            record.settle(None, "cut")
            raise
        finally:
            self._log(call, record)

    def _own_address(self) -> str:
        host, port = self.connection.getsockname()[:2]
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    def _answer(self, call: Call, step: Callable[[State, Call], Answer]) -> Answer:
        try:
            return step(self.server.state, call)
        except RefusedError as refusal:
            return refusal_answer(refusal)
        except (CutOffError, StoppedError):
            raise
        except Exception as exc:
            if self.server.state.stopping.is_set():
                raise StoppedError from exc
            traceback.print_exc()
            return refusal_answer(
                RefusedError(500, "internal_error", "the sandbox has a defect; see its output")
            )

    def _control(self, state: State, call: Call) -> Answer:
        call.body = read_body(self.rfile, self.headers, LIMIT)
        return control(state, call)

    def _gateway(self, state: State, call: Call) -> Answer:
        route = route_of(call.path)
        # The body first, whatever the answer: the next request on this line begins behind it.
        call.body = read_body(self.rfile, self.headers, route.limit)
        if route.method not in ("", call.method):
            raise wrong_method(call.method, route.method)
        if not route.public:
            call.account = state.account(self.headers.get("Authorization"))
        return route.answer(state, call)

    def _send(self, answer: Answer, record: Record) -> None:
        if answer.dropped:
            raise CutOffError
        self._send_head(answer)
        held = b""
        for block in _first(answer.blocks(), answer.cut_at):
            self._write(held, answer.rate)
            held = block
        # Settled before the last block, so that a client which has read it all finds it in the bill.
        record.settle(answer.status, answer.delivered if answer.cut_at is None else "cut")
        if self.command != "HEAD":
            self._write(held, answer.rate)
        self.close_connection = self.close_connection or answer.cut_at is not None

    def _send_head(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()

    def _write(self, block: bytes, rate: float | None) -> None:
        if rate is None:
            self.wfile.write(block)
            return
        step = max(1, int(rate / 10))
        for start in range(0, len(block), step):
            self.wfile.write(block[start : start + step])
            self.server.state.rest(step / rate)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What the base class finds wrong with a request line or header, in the gateway's envelope."""
        self.close_connection = True
        self.request_version = self.protocol_version
        refusal = bad_request(message or HTTPStatus(code).phrase)
        refusal.status = code
        answer = refusal_answer(refusal)
        self._send_head(answer)
        self.wfile.write(answer.whole())

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: the one line of a call is written when its outcome is known."""

    def _log(self, call: Call, record: Record) -> None:
        if self.server.verbose:
            took = time.monotonic() - call.started
            fault = f" fault={call.fault}" if call.fault else ""
            sys.stderr.write(f"{call.method} {call.path} {record.status or 'no answer'} {took:.2f}s{fault}\n")


def _first(blocks: Iterator[bytes], count: int | None) -> Iterator[bytes]:
    """The blocks up to `count` bytes in all; None for all of them."""
    for block in blocks:
        if count is None:
            yield block
            continue
        yield block[:count]
        count -= min(count, len(block))
        if count == 0:
            return
