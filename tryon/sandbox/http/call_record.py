"""How one call ends, written down."""

import contextlib
import sqlite3

from tryon.sandbox.state import Call, State


class CallRecord:
    """The end of a call, in the list of calls and in the bill; `endpoint` is None for a control."""

    def __init__(self, state: State, call: Call, endpoint: str | None) -> None:
        self.status: int | None = None
        self.bill: int | None = None
        self._state = state
        self._call = call
        self._seq = endpoint and state.calls.begin(endpoint, call.method, call.path)

    def record_outcome(self, status: int | None, delivered: str) -> None:
        self.status = status
        # A call that outlives the sandbox is recorded as cut when the folder is opened again.
        with contextlib.suppress(sqlite3.ProgrammingError):
            self._write(delivered)

    def _write(self, delivered: str) -> None:
        call = self._call
        if self._seq:
            self._state.calls.end(self._seq, self.status, call.account, call.fault, call.file_ids)
        if self.bill is not None:
            self._state.bill.deliver(self.bill, delivered)
