"""What the received bytes look like from outside, before any decoder touches them: read by `tasks.py`."""

from gallery.decode import isobmff, jpeg, png

PLUGINS = {  # Pillow's name of a format -> the module that reads it
    "JPEG": "PIL.JpegImagePlugin",
    "PNG": "PIL.PngImagePlugin",
    "WEBP": "PIL.WebPImagePlugin",
    "AVIF": "PIL.AvifImagePlugin",
    "HEIF": "pi_heif",
}


def formats_of(content: bytes) -> list[str]:
    """Pillow's names of the decoders worth asking, none for what is no photo; the decoder decides."""
    if content.startswith(jpeg.SIGNATURE):
        return ["JPEG"]
    if content.startswith(png.SIGNATURE):
        return ["PNG"]
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return ["WEBP"]
    return isobmff.formats_of(content) if isobmff.is_one(content) else []
