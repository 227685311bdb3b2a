"""What a call for pictures says: the fields of its JSON, and where it goes."""

from dataclasses import dataclass
from typing import Any

MOST_REFERENCES = 8


@dataclass(frozen=True)
class GenerationRequest:
    """One call for pictures. The prompt counts the references as sent: files first, then addresses.

    `n` None sends no number, for models that document none. An edit changes the one picture at its
    https or data URL and takes nothing besides the words.
    """

    model: str
    prompt: str
    size: str | None
    aspect_ratio: str | None
    n: int | None
    file_ids: tuple[str, ...] = ()
    image_urls: tuple[str, ...] = ()
    edit: bool = False

    @property
    def path(self) -> str:
        """Where the call goes, below the version of the API."""
        return "images/edits" if self.edit else "images/generations"

    def payload(self) -> dict[str, Any]:
        """The JSON to send, with no field that is not documented.

        ValueError over 8 references, and for an edit of anything but one address.
        """
        files, urls = list(dict.fromkeys(self.file_ids)), list(dict.fromkeys(self.image_urls))
        if self.edit:
            return self._edit(files, urls)
        if len(files) + len(urls) > MOST_REFERENCES:
            raise ValueError(f"a call takes {MOST_REFERENCES} references at most")
        chosen = {"n": self.n, "size": self.size, "aspect_ratio": self.aspect_ratio}
        payload: dict[str, Any] = {"model": self.model, "prompt": self.prompt}
        payload |= {field: value for field, value in chosen.items() if value is not None}
        return payload | _one_or_more("file_id", files) | _one_or_more("image_url", urls)

    def _edit(self, files: list[str], urls: list[str]) -> dict[str, Any]:
        if files or len(urls) != 1:
            raise ValueError("an edit takes exactly one picture, by its address")
        if (self.size, self.aspect_ratio, self.n) != (None, None, None):
            raise ValueError("an edit takes no size, no shape and no number of pictures")
        return {"model": self.model, "prompt": self.prompt, "image": urls[0]}


def _one_or_more(field: str, values: list[str]) -> dict[str, Any]:
    if not values:
        return {}
    return {field: values[0]} if len(values) == 1 else {f"{field}s": values}
