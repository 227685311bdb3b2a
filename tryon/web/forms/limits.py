"""What the studio's page and its scripts hold people to: each limit, with the sentence of its refusal."""

from __future__ import annotations

from typing import Any

from gallery.pictures import LARGEST_BYTES, SENTENCES
from tryon.pipeline.submission import CONSENT_NEEDED, WORDS_NEEDED
from tryon.rules import image_urls, model_families
from tryon.web.forms.slot import SELECT
from tryon.web.forms.studio import AT_MOST_NOTE


def limits_of(mode: str) -> dict[str, Any]:
    """For templates, which hand it to the scripts in `data-` attributes; `{…}` is filled in over there."""
    return {
        "photo_bytes": LARGEST_BYTES,
        "photo_too_large": SENTENCES["bytes"],
        "note_characters": AT_MOST_NOTE,
        "address_characters": image_urls.LONGEST_URL,
        "picture_missing": SELECT,
        "words_missing": WORDS_NEEDED,
        "consent_missing": CONSENT_NEEDED,
        "too_many": model_families.too_many(mode, "{most}", "{over}"),
    }
