"""From a request to pictures, a row in the bill and a response."""

from dataclasses import replace

from tryon.sandbox.endpoints.edit_request import read_edit
from tryon.sandbox.endpoints.generation_request import SIZE, ImageRequest, read_generation
from tryon.sandbox.endpoints.references import data_url_picture
from tryon.sandbox.errors import bad_value
from tryon.sandbox.faults import fault_responses
from tryon.sandbox.faults.queue import Fault, Target
from tryon.sandbox.picture_cache import placeholder
from tryon.sandbox.responses import Chunk, Response, base64_entry, images_response, url_entry
from tryon.sandbox.state import Call, State
from tryon.sandbox.storage.bill import Charge

PLACEHOLDER = placeholder()


def generate(state: State, call: Call) -> Response:
    """`POST /v1/images/generations`."""
    return _make(state, call, read_generation(call.body, state.catalogue))


def edit(state: State, call: Call) -> Response:
    """`POST /v1/images/edits`."""
    return _make(state, call, read_edit(call.body, state.catalogue))


def _make(state: State, call: Call, request: ImageRequest) -> Response:
    """A fault is used up only by a call that is otherwise right."""
    call.file_ids = list(request.file_ids)
    references = _references(state, call, request)
    fault = call.take_fault(state, _target(request))
    if fault and not fault.works:
        if fault.options.get("delete"):
            state.files.remove(request.file_ids[0])
        return fault_responses.in_place_of_work(fault, request.file_ids)
    pictures = _paint(state, request, references, fault)
    call.rest(state, "generations")
    bill = state.bill.add(_charge(call, request, len(pictures))) if pictures else None
    entries = [_entry(state, call, request, fault, picture) for picture in pictures]
    response = images_response(int(state.store.now()), entries, request.prompt)
    return fault_responses.after_work(fault, replace(response, bill=bill), request.file_ids)


def _target(request: ImageRequest) -> Target:
    return Target(request.endpoint, request.prompt, request.size, request.aspect_ratio, request.file_ids)


def _references(state: State, call: Call, request: ImageRequest) -> list[bytes]:
    files = [state.files.read(name, call.account) for name in request.file_ids]
    param = "image" if request.endpoint == "edits" else "image_urls"
    urls = [data_url_picture(url, param) if url.startswith("data:") else PLACEHOLDER for url in request.urls]
    return files + urls


def _entry(
    state: State, call: Call, request: ImageRequest, fault: Fault | None, picture: bytes
) -> tuple[Chunk, ...]:
    """How one picture is answered: as the fault says, else by address or as base64, as its model does."""
    if entry := fault_responses.entry(fault, picture):
        return entry
    picture = fault_responses.corrupted(fault, picture)
    if fault and fault.kind == "late_address":
        late = {"on": "pictures", "fault": "status", "status": fault.options["status"]}
        state.faults.add([late | {"times": fault.options["count"]}])
    if request.model.by_address or (fault and fault.kind == "late_address"):
        return url_entry(f"http://{call.host}{state.pictures.keep(picture)}")
    return base64_entry(picture)


def _paint(state: State, request: ImageRequest, references: list[bytes], fault: Fault | None) -> list[bytes]:
    count = fault.count(request.n) if fault else request.n
    if count == 0:
        return []
    said = fault.options if fault else {}
    kept = said["count"] if fault and fault.kind == "fewer_references" else len(references)
    try:
        return state.picture_cache.paint(
            references[:kept],
            request.prompt,
            size=said.get("to_size") or request.size or SIZE,
            aspect_ratio=said.get("to_aspect_ratio") or request.aspect_ratio,
            count=count,
            image_format="JPEG" if fault and fault.kind == "jpeg" else "PNG",
        )
    except ValueError as exc:
        param = "image" if request.endpoint == "edits" else "file_ids"
        raise bad_value("a reference is not a picture that can be read", param=param) from exc


def _charge(call: Call, request: ImageRequest, pictures: int) -> Charge:
    return Charge(
        account=call.account,
        model=request.model.id,
        size=request.size,
        asked=request.n,
        pictures=pictures,
        price=request.price * pictures,
        prompt=request.prompt,
        file_ids=request.file_ids,
        endpoint=request.endpoint,
    )
