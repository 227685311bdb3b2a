"""What an answer must be: claims in words, each with the check that goes with them."""

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from tryon.conformance import samples

BAD = ("invalid_request", "invalid_request_error")
EDIT_DETAILS = ("attempted_endpoint", "supported_endpoints", "suggested_endpoint", "hint", "docs_url")
SHAPE_SLACK = 0.03  # services round the sides to multiples of 8, 16 or 64 pixels


@dataclass(frozen=True)
class Seen:
    """An answer that came. `told` is its JSON, None where it is none; `fetch` gets the bytes behind an
    answered address, or a sentence on why it cannot be had; `trouble` is why the answer never ended."""

    status: int
    told: Any
    sent: dict[str, Any]
    fetch: Callable[[str], bytes | str]
    trouble: str = ""

    @property
    def entries(self) -> list[dict[str, Any]]:
        """The members of `data`, where the answer has any."""
        data = self.told.get("data") if isinstance(self.told, dict) else None
        return [entry for entry in data if isinstance(entry, dict)] if isinstance(data, list) else []

    @property
    def pictures(self) -> int:
        return sum(1 for entry in self.entries if entry.get("b64_json") or entry.get("url"))

    @property
    def error(self) -> dict[str, Any]:
        error = self.told.get("error") if isinstance(self.told, dict) else None
        return error if isinstance(error, dict) else {}

    def briefly(self) -> str:
        """Status and what it says, for people."""
        if self.trouble:
            return f"no whole answer ({self.trouble})"
        if self.error:
            return f"{self.status} {self.error.get('type')}: {self.error.get('message')}"
        if self.pictures:
            return f"{self.status} with {_count(self.pictures)}"
        return f"{self.status} {'without an error envelope' if self.status >= 400 else ''}".strip()


@dataclass(frozen=True)
class Claim:
    """`check` answers "" where the claim holds, else what came instead; `assumed` is the assumption that
    it tests, "" for what is documented."""

    words: str
    check: Callable[[Seen], str]
    assumed: str = ""


def assumed(sentence: str, claim: Claim) -> Claim:
    return replace(claim, assumed=sentence)


def refused(status: int, *types: str, details: tuple[str, ...] = ()) -> Claim:
    """An error envelope with this status, one of these types (any where none is named) and these details."""

    def check(seen: Seen) -> str:
        if seen.status != status or not _is_envelope(seen.error):
            return seen.briefly()
        if types and seen.error["type"] not in types:
            return seen.briefly()
        named = seen.error.get("details")
        missing = [name for name in details if not isinstance(named, dict) or name not in named]
        return (
            f"{status} {seen.error['type']} without details.{', details.'.join(missing)}" if missing else ""
        )

    words = f"{status} {' or '.join(types)}".strip().replace(" or ".join(BAD), "invalid_request(_error)")
    return Claim(f"{words} with details {', '.join(details)}" if details else words, check)


def _is_envelope(error: dict[str, Any]) -> bool:
    return all(isinstance(error.get(name), str) and error[name] for name in ("message", "type"))


def names_the_file() -> Claim:
    """A refusal that tells which file is meant: by its id, or by `param` or words about a file."""

    def check(seen: Seen) -> str:
        words = f"{seen.error} ".lower()
        named = any(file_id.lower() in words for file_id in seen.sent.get("file_ids", ()))
        return "" if 400 <= seen.status < 500 and (named or "file" in words) else seen.briefly()

    return Claim("a 4xx that names the file", check)


def made(*fields: str) -> Claim:
    """200 with `created` and pictures, each in one of `fields`; fewer and more than asked for may come."""

    def check(seen: Seen) -> str:
        if seen.status != 200 or not seen.entries:
            return seen.briefly() if seen.status != 200 else "200 without a picture"
        if not isinstance(seen.told.get("created"), int):
            return "no whole number in created"
        return next(filter(None, (_entry_fault(seen, entry, fields) for entry in seen.entries)), "")

    return Claim(f"200, created and data with pictures in {' or '.join(fields)}", check)


def _entry_fault(seen: Seen, entry: dict[str, Any], fields: tuple[str, ...]) -> str:
    field = next((name for name in fields if isinstance(entry.get(name), str)), "")
    if not field:
        return f"an entry with {', '.join(entry) or 'nothing'} and no {' or '.join(fields)}"
    if not isinstance(entry.get("revised_prompt", ""), str | None):
        return "a revised_prompt that is no text"
    data = picture(seen, entry)
    if isinstance(data, str):
        return data
    return "" if samples.kind(data) else f"{field} of {len(data)} bytes that are no PNG, JPEG or WebP"


def picture(seen: Seen, entry: dict[str, Any]) -> bytes | str:
    """The bytes of an entry's picture, or why there are none."""
    text = entry.get("b64_json")
    if not isinstance(text, str):
        return seen.fetch(str(entry.get("url")))
    try:
        return base64.b64decode(re.sub(r"^data:[^,]*,", "", text), validate=True)
    except (binascii.Error, ValueError):
        return "b64_json that is not base64"


def count(most: int) -> Claim:
    def check(seen: Seen) -> str:
        return "" if seen.pictures == most else seen.briefly()

    return Claim(_count(most), check)


def shaped(ratio: str) -> Claim:
    """Every picture has this shape, as far as its first bytes tell."""
    across, down = map(int, ratio.split(":"))

    def check(seen: Seen) -> str:
        sides = [samples.pixels(data) for data in _pictures(seen)]
        wrong = [
            f"{w} x {h}" for w, h in filter(None, sides) if abs(w * down / (h * across) - 1) > SHAPE_SLACK
        ]
        return f"{wrong[0]} pixels" if wrong else ""

    return Claim(f"pictures of {ratio}", check)


def _pictures(seen: Seen) -> list[bytes]:
    found = (picture(seen, entry) for entry in seen.entries)
    return [data for data in found if isinstance(data, bytes)]


def nothing_else() -> Claim:
    """No member beside those that the documents name: no price, no usage, no id."""

    def check(seen: Seen) -> str:
        told = seen.told if isinstance(seen.told, dict) else {}
        more = set(told) - {"created", "data"}
        more |= {f"data.{name}" for entry in seen.entries for name in entry}
        more -= {"data.b64_json", "data.url", "data.revised_prompt"}
        return f"also {', '.join(sorted(more))}" if more else ""

    return Claim("no other members", check)


def _count(pictures: int) -> str:
    return "1 picture" if pictures == 1 else f"{pictures} pictures"
