"""What an answer must be: each expectation in words, with the check that goes with it."""

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from tryon.conformance import sample_pictures
from tryon.rules.model_families import deviation

BAD = ("invalid_request", "invalid_request_error")
EDIT_DETAILS = ("attempted_endpoint", "supported_endpoints", "suggested_endpoint", "hint", "docs_url")
BANDS = {"red": 0, "blue": 2}  # the colours of the references that are told apart
LEAST = 0.02  # of a picture: what counts as a colour in it
SHAPE_SLACK = 0.03  # services round the sides to multiples of 8, 16 or 64 pixels


@dataclass(frozen=True)
class Answer:
    """An answer that came. `json` is its JSON, None where it is none; `fetch` gets the bytes behind an
    answered address, or a sentence on why it cannot be had; `trouble` is why the answer never ended."""

    status: int
    json: Any
    sent: dict[str, Any]
    fetch: Callable[[str], bytes | str]
    trouble: str = ""

    @property
    def entries(self) -> list[dict[str, Any]]:
        """The members of `data`, where the answer has any."""
        data = self.json.get("data") if isinstance(self.json, dict) else None
        return [entry for entry in data if isinstance(entry, dict)] if isinstance(data, list) else []

    @property
    def pictures(self) -> int:
        return sum(1 for entry in self.entries if entry.get("b64_json") or entry.get("url"))

    @property
    def error(self) -> dict[str, Any]:
        error = self.json.get("error") if isinstance(self.json, dict) else None
        return error if isinstance(error, dict) else {}

    def refuses(self, field: str) -> bool:
        """Whether this is a refusal of what was sent in `field`: by `details.param`, else by its words."""
        if self.status != 400:
            return False
        details = self.error.get("details")
        param = details.get("param") if isinstance(details, dict) else None
        said = str(param or self.error.get("message", ""))
        value = re.escape(str(self.sent.get(field)))
        return bool(re.search(field if param else rf"{field}|(?<!\d){value}(?!\d)", said, re.IGNORECASE))

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
class Expectation:
    """`check` answers "" where it holds, else what came instead; `assumed` is the assumption that it tests,
    "" for what is documented."""

    words: str
    check: Callable[[Answer], str]
    assumed: str = ""


def assumed(sentence: str, expectation: Expectation) -> Expectation:
    return replace(expectation, assumed=sentence)


def refused(status: int, *types: str, details: tuple[str, ...] = ()) -> Expectation:
    """An error envelope with this status, one of these types (any where none is named) and these details."""

    def check(answer: Answer) -> str:
        if answer.status != status or not _is_envelope(answer.error):
            return answer.briefly()
        if types and answer.error["type"] not in types:
            return answer.briefly()
        named = answer.error.get("details")
        missing = [name for name in details if not isinstance(named, dict) or name not in named]
        return (
            f"{status} {answer.error['type']} without details.{', details.'.join(missing)}" if missing else ""
        )

    words = f"{status} {' or '.join(types)}".strip().replace(" or ".join(BAD), "invalid_request(_error)")
    return Expectation(f"{words} with details {', '.join(details)}" if details else words, check)


def _is_envelope(error: dict[str, Any]) -> bool:
    return all(isinstance(error.get(name), str) and error[name] for name in ("message", "type"))


def names_the_file() -> Expectation:
    """A refusal that tells which file is meant: by its id, or by `param` or words about a file."""

    def check(answer: Answer) -> str:
        words = f"{answer.error} ".lower()
        named = any(file_id.lower() in words for file_id in answer.sent.get("file_ids", ()))
        return "" if 400 <= answer.status < 500 and (named or "file" in words) else answer.briefly()

    return Expectation("a 4xx that names the file", check)


def made(*fields: str) -> Expectation:
    """200 with `created` and pictures, each in one of `fields`; fewer and more than asked for may come."""

    def check(answer: Answer) -> str:
        if answer.status != 200 or not answer.entries:
            return answer.briefly() if answer.status != 200 else "200 without a picture"
        if not isinstance(answer.json.get("created"), int):
            return "no whole number in created"
        return next(filter(None, (_entry_fault(answer, entry, fields) for entry in answer.entries)), "")

    return Expectation(f"200, created and data with pictures in {' or '.join(fields)}", check)


def _entry_fault(answer: Answer, entry: dict[str, Any], fields: tuple[str, ...]) -> str:
    field = next((name for name in fields if isinstance(entry.get(name), str)), "")
    if not field:
        return f"an entry with {', '.join(entry) or 'nothing'} and no {' or '.join(fields)}"
    if not isinstance(entry.get("revised_prompt", ""), str | None):
        return "a revised_prompt that is no text"
    data = picture(answer, entry)
    if isinstance(data, str):
        return data
    return "" if sample_pictures.kind(data) else f"{field} of {len(data)} bytes that are no PNG, JPEG or WebP"


def picture(answer: Answer, entry: dict[str, Any]) -> bytes | str:
    """The bytes of an entry's picture, or why there are none."""
    text = entry.get("b64_json")
    if not isinstance(text, str):
        return answer.fetch(str(entry.get("url")))
    try:
        return base64.b64decode(re.sub(r"^data:[^,]*,", "", text), validate=True)
    except (binascii.Error, ValueError):
        return "b64_json that is not base64"


def count(most: int) -> Expectation:
    def check(answer: Answer) -> str:
        return "" if answer.pictures == most else answer.briefly()

    return Expectation(_count(most), check)


def shaped(ratio: str) -> Expectation:
    """Every picture has this shape, as far as its first bytes tell."""
    across, down = map(int, ratio.split(":"))

    def check(answer: Answer) -> str:
        sides = [sample_pictures.pixels(data) for data in _pictures(answer)]
        wrong = [
            f"{w} x {h}" for w, h in filter(None, sides) if abs(w * down / (h * across) - 1) > SHAPE_SLACK
        ]
        return f"{wrong[0]} pixels" if wrong else ""

    return Expectation(f"pictures of {ratio}", check)


def fits(size: str, ratio: str) -> Expectation:
    """Every picture, opened, has this size and shape; "" for one that was not asked for."""

    def check(answer: Answer) -> str:
        return next(filter(None, (_misfit(data, size, ratio) for data in _pictures(answer))), "")

    return Expectation(f"pictures of {' in '.join(filter(None, (size, ratio)))}", check)


def _misfit(data: bytes, size: str, ratio: str) -> str:
    looks = sample_pictures.looks(data)
    if isinstance(looks, str):
        return looks
    wrong = deviation(size, ratio, looks.width, looks.height)
    return f"another {wrong}: {looks.width} x {looks.height} pixels" if wrong else ""


def shows(*colours: str) -> Expectation:
    """Every picture has each of these colours in it, and no other of BANDS."""

    def check(answer: Answer) -> str:
        return next(filter(None, (_miscoloured(data, colours) for data in _pictures(answer))), "")

    return Expectation(f"{' and '.join(colours)} and no other colour of a reference", check)


def _miscoloured(data: bytes, colours: tuple[str, ...]) -> str:
    looks = sample_pictures.looks(data)
    if isinstance(looks, str):
        return looks
    shares = {name: sample_pictures.share(looks, band) for name, band in BANDS.items()}
    seen = {name for name, share in shares.items() if share >= LEAST}
    told = ", ".join(f"{name} {share:.0%}" for name, share in shares.items())
    return "" if seen == set(colours) else f"{told} of the picture"


def _pictures(answer: Answer) -> list[bytes]:
    found = (picture(answer, entry) for entry in answer.entries)
    return [data for data in found if isinstance(data, bytes)]


def nothing_else() -> Expectation:
    """No member beside those that the documents name: no price, no usage, no id."""

    def check(answer: Answer) -> str:
        answered = answer.json if isinstance(answer.json, dict) else {}
        more = set(answered) - {"created", "data"}
        more |= {f"data.{name}" for entry in answer.entries for name in entry}
        more -= {"data.b64_json", "data.url", "data.revised_prompt"}
        return f"also {', '.join(sorted(more))}" if more else ""

    return Expectation("no other members", check)


def _count(pictures: int) -> str:
    return "1 picture" if pictures == 1 else f"{pictures} pictures"
