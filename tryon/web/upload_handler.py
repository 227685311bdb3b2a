"""What is received of a file while it streams in: never more than the largest photo, or an hour's bounds.

It is the site's upload handler for every form, since the CSRF check reads the body before any view.
"""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload, TemporaryFileUploadHandler

from gallery.pictures import LARGEST_BYTES
from tryon.accounts.client_address import address_digest
from tryon.accounts.current_user import user_from_session_or_cookie
from tryon.accounts.upload_bounds import TooManyUploads, UploadBounds

NAME = "upload"  # of every file that is received
# Past this no answer is worth the wait: the connection is cut.
MOST_OF_A_REQUEST = 9 * LARGEST_BYTES


class ReceivedFile(TemporaryUploadedFile):
    """A file with whom it came from (the digest of an address), and why nothing of it was kept, if so.

    `called` is what its sender calls it, which is kept nowhere but where staff name a garment by it.
    """

    address = called = ""
    refusal: TooManyUploads | None = None


class BoundedUploadHandler(TemporaryFileUploadHandler):
    """Writes to temporary files; of a file that is too large nothing is kept but its true size.

    The form sees `upload.size` above LARGEST_BYTES and says so at the card; its other files stay. The same
    goes for what is more than the sender may send in an hour (`upload.refusal`). It only looks: a file counts
    when it is about to be opened, as nobody knows yet whether the form was really sent by who it seems to be.
    """

    file: ReceivedFile

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.total = 0
        self.number = 0

    def new_file(self, field_name: str, file_name: str, *args: Any, **kwargs: Any) -> None:
        """The visitor's name goes nowhere: what ends a long one would not even fit a name on disk."""
        FileUploadHandler.new_file(self, field_name, NAME, *args, **kwargs)
        if not self.number:
            self._look_up_bounds()
        self.file = ReceivedFile(NAME, self.content_type, 0, self.charset, self.content_type_extra)
        self.file.address, self.file.called = self.address, file_name
        self.received = 0
        self.number += 1
        if self.number > self.files[0]:
            self.file.refusal = self.files[1]

    def _look_up_bounds(self) -> None:
        """Before any middleware has said who asks."""
        assert self.request is not None
        self.address = address_digest(self.request)
        bounds = UploadBounds.of(user_from_session_or_cookie(self.request), self.address)
        self.files, self.bytes = bounds.room("files"), bounds.room("bytes")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        self.received += len(raw_data)
        self.total += len(raw_data)
        if self.total > MOST_OF_A_REQUEST:
            raise StopUpload(connection_reset=True)
        if self.total > self.bytes[0]:
            self.file.refusal = self.file.refusal or self.bytes[1]
        if self.received <= LARGEST_BYTES and not self.file.refusal:
            return super().receive_data_chunk(raw_data, start)
        self.file.truncate(0)
        return None

    def file_complete(self, file_size: int) -> UploadedFile[Any] | None:
        return super().file_complete(max(file_size, self.received))
