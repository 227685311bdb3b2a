"""Fingers on a page."""

from __future__ import annotations

from playwright.sync_api import Page


def touch(page: Page, *fingers: list[tuple[float, float]]) -> None:
    """Fingers that go down together, each along its points, and up at the last."""
    line = page.context.new_cdp_session(page)
    for number, places in enumerate(zip(*fingers, strict=True)):
        points = [{"x": x, "y": y, "id": finger} for finger, (x, y) in enumerate(places)]
        kind = "touchMove" if number else "touchStart"
        line.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    line.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def along(start: tuple[float, float], dx: float, dy: float, steps: int = 10) -> list[tuple[float, float]]:
    return [(start[0] + dx * i / steps, start[1] + dy * i / steps) for i in range(steps + 1)]
