from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Wake:
    """A message to send: look at this row, in `delay` seconds."""

    task: Literal["generate", "render", "shrink"]
    id: uuid.UUID
    delay: float = 0
