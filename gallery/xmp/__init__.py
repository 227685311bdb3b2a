"""The mark of what made a picture (IPTC digital source type), written into its file without a decoder.

`splice` opens the file and picks the container; `jpeg`, `png` and `webp` say where the packet goes;
`packet` writes it. Nothing is re-encoded: all bytes that are not the packet's or its frame's stay.
"""

from gallery.xmp.edits import Malformed, Readable, Signed
from gallery.xmp.packet import Mark
from gallery.xmp.splice import marked, marked_bytes

__all__ = ["Malformed", "Mark", "Readable", "Signed", "marked", "marked_bytes"]
