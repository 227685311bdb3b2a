"""What a call does, with the fault that was ordered for it: in place of the work, or after it."""

from collections.abc import Callable

from tryon.sandbox.faults import fault_responses
from tryon.sandbox.faults.queue import Fault, Target
from tryon.sandbox.responses import Response
from tryon.sandbox.state import Call, State


def respond(state: State, call: Call, on: str, work: Callable[[Fault | None], Response]) -> Response:
    """The response to a call that is otherwise right: a fault is used up by no other."""
    fault = call.take_fault(state, Target(on))
    if fault and not fault.works:
        return fault_responses.in_place_of_work(fault)
    call.rest(state, on)
    return fault_responses.after_work(fault, work(fault))
