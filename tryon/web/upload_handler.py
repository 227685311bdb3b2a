"""What is received of a file while it streams in: never more than the largest photo, whoever sends it.

It is the site's upload handler for every form, since the CSRF check reads the body before any view.
"""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.core.files.uploadhandler import StopUpload, TemporaryFileUploadHandler

from gallery.pictures import LARGEST_BYTES

NAME = "upload"  # of every file that is received
# Past this no answer is worth the wait: the connection is cut.
MOST_OF_A_REQUEST = 9 * LARGEST_BYTES


class BoundedUploadHandler(TemporaryFileUploadHandler):
    """Writes to temporary files; of a file that is too large nothing is kept but its true size.

    The form sees `upload.size` above LARGEST_BYTES and says so at the card; its other files stay.
    """

    file: TemporaryUploadedFile

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.total = 0

    def new_file(self, field_name: str, file_name: str, *args: Any, **kwargs: Any) -> None:
        """The visitor's name goes nowhere: what ends a long one would not even fit a name on disk."""
        super().new_file(field_name, NAME, *args, **kwargs)
        self.received = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        self.received += len(raw_data)
        self.total += len(raw_data)
        if self.total > MOST_OF_A_REQUEST:
            raise StopUpload(connection_reset=True)
        if self.received <= LARGEST_BYTES:
            return super().receive_data_chunk(raw_data, start)
        self.file.truncate(0)
        return None

    def file_complete(self, file_size: int) -> UploadedFile[Any] | None:
        return super().file_complete(max(file_size, self.received))
