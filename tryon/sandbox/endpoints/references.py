"""Pictures that a call refers to: an https address, or a data URL with the picture in it."""

import base64
import binascii

from tryon.sandbox.errors import bad_value
from tryon.sandbox.picture_types import FILE_LIMIT, check_mime_type


def check_address(url: str, param: str) -> None:
    if not url.startswith(("https://", "data:")):
        raise bad_value("a reference is an https address or a data URL", param=param)


def data_url_picture(url: str, param: str) -> bytes:
    """The bytes inside `data:image/…;base64,…`. Raises RefusedError (400)."""
    head, _, text = url.partition(",")
    said, _, coding = head.removeprefix("data:").partition(";")
    if coding != "base64" or len(text) > FILE_LIMIT * 4 // 3 + 4:
        raise bad_value("a data URL is base64 of at most 20 MB", param=param)
    try:
        picture = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as exc:
        raise bad_value("the data URL is not base64", param=param) from exc
    check_mime_type(picture, said, param)
    return picture
