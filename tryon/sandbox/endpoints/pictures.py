"""`GET /pictures/<name>`: a picture that was answered by address."""

from tryon.sandbox.endpoints.fault_injection import respond
from tryon.sandbox.faults.fault_responses import corrupted
from tryon.sandbox.picture_types import sniff
from tryon.sandbox.responses import Response
from tryon.sandbox.state import Call, State


def show_picture(state: State, call: Call) -> Response:
    picture = state.pictures.read(call.path)
    mime_type = sniff(picture) or "image/png"
    return respond(
        state,
        call,
        "pictures",
        lambda fault: Response(body=(corrupted(fault, picture),), content_type=mime_type),
    )
