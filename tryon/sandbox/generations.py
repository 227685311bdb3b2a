"""From an order to pictures, a row in the bill and an answer."""

from dataclasses import replace

from tryon.sandbox import spoil
from tryon.sandbox.answers import Answer, Piece, address_entry, pictures_answer, plain_entry
from tryon.sandbox.bill import Charge
from tryon.sandbox.easel import placeholder
from tryon.sandbox.edits import read_edit
from tryon.sandbox.errors import bad_value
from tryon.sandbox.faults import Fault
from tryon.sandbox.orders import SIZE, Order, data_url_picture, read_order
from tryon.sandbox.state import Call, State

PLACEHOLDER = placeholder()


def generate(state: State, call: Call) -> Answer:
    """`POST /v1/images/generations`."""
    return _make(state, call, read_order(call.body, state.catalogue))


def edit(state: State, call: Call) -> Answer:
    """`POST /v1/images/edits`."""
    return _make(state, call, read_edit(call.body, state.catalogue))


def _make(state: State, call: Call, order: Order) -> Answer:
    """A fault is used up only by a call that is otherwise right."""
    call.file_ids = list(order.file_ids)
    references = _references(state, call, order)
    fault = call.take_fault(state, order.endpoint, order.prompt, order.file_ids)
    if fault and not fault.works:
        if fault.options.get("delete"):
            state.files.remove(order.file_ids[0])
        return spoil.instead(fault, order.file_ids)
    pictures = _paint(state, order, references, fault)
    call.rest(state, "generations")
    bill = state.bill.add(_charge(call, order, len(pictures))) if pictures else None
    entries = [_entry(state, call, order, fault, picture) for picture in pictures]
    answer = pictures_answer(int(state.store.now()), entries, order.prompt)
    return spoil.on_the_way(fault, replace(answer, bill=bill), order.file_ids)


def _references(state: State, call: Call, order: Order) -> list[bytes]:
    files = [state.files.read(name, call.account) for name in order.file_ids]
    param = "image" if order.endpoint == "edits" else "image_urls"
    urls = [data_url_picture(url, param) if url.startswith("data:") else PLACEHOLDER for url in order.urls]
    return files + urls


def _entry(state: State, call: Call, order: Order, fault: Fault | None, picture: bytes) -> tuple[Piece, ...]:
    """How one picture is answered: as the fault says, else by address or as base64, as its model does."""
    if ordered := spoil.entry(fault, picture):
        return ordered
    picture = spoil.spoiled(fault, picture)
    if order.model.by_address:
        return address_entry(f"http://{call.host}{state.pictures.keep(picture)}")
    return plain_entry(picture)


def _paint(state: State, order: Order, references: list[bytes], fault: Fault | None) -> list[bytes]:
    count = fault.count(order.n) if fault else order.n
    if count == 0:
        return []
    try:
        return state.easel.paint(
            references,
            order.prompt,
            size=order.size or SIZE,
            aspect_ratio=order.aspect_ratio,
            count=count,
            image_format="JPEG" if fault and fault.kind == "jpeg" else "PNG",
        )
    except ValueError as exc:
        param = "image" if order.endpoint == "edits" else "file_ids"
        raise bad_value("a reference is not a picture that can be read", param=param) from exc


def _charge(call: Call, order: Order, pictures: int) -> Charge:
    return Charge(
        account=call.account,
        model=order.model.id,
        size=order.size,
        asked=order.n,
        pictures=pictures,
        price=order.price * pictures,
        prompt=order.prompt,
        file_ids=order.file_ids,
        endpoint=order.endpoint,
    )
