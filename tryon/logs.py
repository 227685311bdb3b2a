from __future__ import annotations

import logging
import re

TOKEN = re.compile(r"(/s/)[\w-]{20,}")


class HideTokens(logging.Filter):
    """The address of a shared page holds its token: no log line may."""

    def filter(self, record: logging.LogRecord) -> bool:
        said = record.getMessage()
        if TOKEN.search(said):
            record.msg, record.args = TOKEN.sub(r"\1[token]", said), None
        return True
