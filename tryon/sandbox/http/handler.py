"""One request in, one answer out: the HTTP/1.1 side of the sandbox."""

import select
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

from tryon.sandbox.endpoints.controls import LIMIT, PREFIX, control
from tryon.sandbox.endpoints.routes import route_of
from tryon.sandbox.errors import RefusedError, bad_request, wrong_method
from tryon.sandbox.http.call_record import CallRecord
from tryon.sandbox.http.connections import Connections
from tryon.sandbox.http.request_body import CutOffError, read_body
from tryon.sandbox.responses import Response, error_response
from tryon.sandbox.state import Call, State, StoppedError


class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 512

    def __init__(self, address: tuple[str, int], state: State, verbose: bool) -> None:
        self.state = state
        self.verbose = verbose
        self.connections = Connections()
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
        self.server.connections.opened(self.connection)

    def finish(self) -> None:
        try:
            super().finish()
        finally:
            self.server.connections.closed(self.connection)

    def do_GET(self) -> None:
        self.server.connections.busier(1)
        try:
            self._serve(self.server.state)
        except (OSError, CutOffError, StoppedError):
            self.close_connection = True
        finally:
            self.server.connections.busier(-1)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_HEAD = do_GET  # noqa: N815

    def _serve(self, state: State) -> None:
        path, _, query = self.path.partition("?")
        kind, host = self.headers.get("Content-Type", ""), self.headers.get("Host") or self._own_address()
        key = self.headers.get("Authorization")
        call = Call(self.command, path, dict(parse_qsl(query)), kind, host, authorization=key)
        if call.path.startswith(PREFIX):
            self._send(self._answer(call, self._control), CallRecord(state, call, None))
            return
        record = CallRecord(state, call, route_of(call.path).endpoint)
        try:
            response = self._answer(call, self._gateway)
            record.bill = response.bill
            state.rest(response.wait)
            self._send(response, record)
        except (OSError, CutOffError, StoppedError):
            record.record_outcome(None, "cut")
            raise
        finally:
            self._log(call, record)

    def _own_address(self) -> str:
        host, port = self.connection.getsockname()[:2]
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    def _answer(self, call: Call, step: Callable[[State, Call], Response]) -> Response:
        try:
            return step(self.server.state, call)
        except RefusedError as refusal:
            return error_response(refusal)
        except (CutOffError, StoppedError):
            raise
        except Exception as exc:
            if self.server.state.stopping.is_set():
                raise StoppedError from exc
            traceback.print_exc()
            return error_response(
                RefusedError(500, "internal_error", "the sandbox has a defect; see its output")
            )

    def _control(self, state: State, call: Call) -> Response:
        call.body = read_body(self.rfile, self.headers, LIMIT)
        return control(state, call)

    def _gateway(self, state: State, call: Call) -> Response:
        route = route_of(call.path)
        # The body first, whatever the response: the next request on this connection begins behind it.
        call.body = read_body(self.rfile, self.headers, route.limit)
        if route.method not in ("", call.method):
            raise wrong_method(call.method, route.method)
        if not route.public:
            call.account = state.account(call.authorization)
        return route.answer(state, call)

    def _send(self, response: Response, record: CallRecord) -> None:
        if response.dropped:
            raise CutOffError
        self._send_head(response)
        held = b""
        for block in _first(response.blocks(), response.cut_at):
            self._write(held, response.rate)
            held = block
        # Recorded before the last block, so that a client which has read it all finds it in the bill.
        record.record_outcome(response.status, response.delivered if response.cut_at is None else "cut")
        if self.command != "HEAD":
            self._write(held, response.rate)
        if response.missing:
            self.wfile.flush()
            self._wait_for_hang_up(response.held)
        self.close_connection = self.close_connection or response.cut_at is not None or response.missing > 0

    def _wait_for_hang_up(self, seconds: float) -> None:
        """Silence, until the client closes the line or the time is over."""
        poll = select.poll()
        poll.register(self.connection, select.POLLIN | select.POLLHUP)
        poll.poll(seconds * 1000)

    def _send_head(self, response: Response) -> None:
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", response.content_type)
        self.send_header("Content-Length", str(len(response) + response.missing))
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
        response = error_response(refusal)
        self._send_head(response)
        self.wfile.write(response.whole())

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: the one line of a call is written when its outcome is known."""

    def _log(self, call: Call, record: CallRecord) -> None:
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
