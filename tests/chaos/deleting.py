"""A try-on is deleted by its owner, on some machine: `python -m tests.chaos.deleting ATTEMPT`."""

from __future__ import annotations

import sys
import uuid

import django

django.setup()

from tryon.models import Attempt  # noqa: E402
from tryon.pipeline.privacy import deletion  # noqa: E402

if __name__ == "__main__":
    tryon = Attempt.objects.get(pk=uuid.UUID(sys.argv[1])).generation.tryon
    deletion.delete_tryon(tryon, tryon.owner)
