"""What others do between two statements of a step, at that very place and not by luck."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from django.db import connection


@contextmanager
def meanwhile(step: Callable[[], object], *, before: str, nth: int = 1) -> Iterator[None]:
    """Right before the block's `nth` statement that begins with `before`, somebody else takes `step`.

    On a connection of their own, as in another process. It must come to that.
    """
    seen = 0

    def beside(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal seen
        if sql.startswith(before):
            seen += 1
            if seen == nth:
                with ThreadPoolExecutor(1) as other:
                    other.submit(_closing, step).result()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(beside):
        yield
    assert seen >= nth, f"{before} was sent {seen} times"


def _closing(step: Callable[[], object]) -> None:
    try:
        step()
    finally:
        connection.close()
