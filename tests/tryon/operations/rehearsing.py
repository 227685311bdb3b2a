"""The life of one site in steps, each in a process of its own: this module run with -m STEP FILE.

make: people make pictures and share them.  live: after the backup they delete some and make more.
look: what is there, in rows and in bytes.  wake: the same, after the first sweep.
FILE is JSON that hands what was seen from step to step.
"""

from __future__ import annotations

import io
import json
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django
import httpx

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db.models import Sum  # noqa: E402
from PIL import Image as Pillow  # noqa: E402
from PIL import UnidentifiedImageError  # noqa: E402

from gallery import renditions  # noqa: E402
from gallery.models import Image, Report, ShareLink  # noqa: E402
from tests.factories import make_user  # noqa: E402
from tests.tryon.making import garment, person, wishes  # noqa: E402
from tryon.accounts.models import User  # noqa: E402
from tryon.billing import reconcile  # noqa: E402
from tryon.models import Budget, Generation, Reference, TryOn  # noqa: E402
from tryon.pipeline import outcomes, recovery, references, run, submission  # noqa: E402
from tryon.pipeline.privacy import deletion  # noqa: E402
from tryon.sandbox.server import Sandbox  # noqa: E402

COLOURS = (("red", "lime"), ("blue", "yellow"), ("black", "white"), ("magenta", "green"), ("cyan", "maroon"))
Seen = dict[str, Any]


def make(seen: Seen) -> None:
    call_command("migrate", verbosity=0)
    ana = make_user("ana", is_staff=True)
    seen["tryons"] = [str(_dressed(ana, n).pk) for n in range(4)]
    waiting = submission.accept(ana, wishes(ana, key="waiting"))
    seen["waiting"] = str(waiting.generations.get().pk)
    seen["answered"] = _answered_and_died(submission.accept(ana, wishes(ana, key="answered")))
    seen["settled"] = _answered_and_died(submission.accept(ana, wishes(ana, key="settled")))
    _settle_too_soon(seen["settled"], ana)
    for image in Image.objects.all():
        image.approve(ana)
    for n, tryon in enumerate(seen["tryons"]):
        link, _ = ShareLink.objects.create_link(ana, [_image(tryon)], title=f"link {n}")
    Report.objects.send(link, _image(tryon), "a digest", "other", "words of a friend")
    seen["signatures"] = {str(file): _signature(Path(settings.MEDIA_ROOT) / file) for file in _files()}


def live(seen: Seen) -> None:
    """The first try-on goes whole, the second loses its picture; a link is closed, a picture rejected."""
    ana = User.objects.get(username="ana")
    before = set(_files())
    run.run_generation(Generation.objects.get(pk=seen["waiting"]).pk)
    deletion.delete_tryon(TryOn.objects.get(pk=seen["tryons"][0]), ana)
    deletion.delete_image(_image(seen["tryons"][1]), ana)
    ShareLink.objects.get(title="link 2").revoke(ana)
    _image(seen["tryons"][3]).reject(ana, "face", "her words about somebody")
    seen["deleted"] = sorted(str(file) for file in before - set(_files()))
    _dressed(ana, 4)


def wake(seen: Seen) -> None:
    """What workers and beat do first in a place that was restored."""
    recovery.sweep_spool()
    recovery.sweep()
    look(seen)


def look(seen: Seen) -> None:
    seen["present"] = [
        str(pk) for pk in TryOn.objects.present().order_by("created_at").values_list("pk", flat=True)
    ]
    seen["pictures"] = Image.objects.present().count()
    seen["photos"] = Reference.objects.present().count()
    seen["open_links"] = list(ShareLink.objects.live().order_by("title").values_list("title", flat=True))
    seen["shown"] = sorted(link.title for link in ShareLink.objects.live() if link.shown_images().exists())
    seen["statuses"] = dict(Generation.objects.values_list("pk", "status"))
    seen["statuses"] = {str(pk): status for pk, status in seen["statuses"].items()}
    seen["money"] = _money()
    seen["books"] = reconcile.disagreements()
    seen["named"] = sorted(_named())
    seen["files"] = sorted(str(file) for file in _files())
    seen["alike"] = _look_alikes(seen["signatures"])


def _dressed(owner: User, n: int) -> TryOn:
    who, what = person(owner, COLOURS[n][0]), garment(owner, COLOURS[n][1])
    asked = wishes(owner, person=who, garments=((what, "dress"),), key=str(n), note=f"words {n}")
    tryon = submission.accept(owner, asked)
    run.run_generation(tryon.generations.get().pk)
    renditions.make(_image(tryon.pk))
    references.shrink(who)
    return tryon


def _answered_and_died(tryon: TryOn) -> str:
    """The answer is paid and on the disk, and the worker died before it kept the picture."""
    row = Generation.objects.claim(tryon.generations.get().pk)
    attempt = row.intend(model=tryon.model, prompt="p", prompt_version="v", price_micros=row.reserved_micros)
    answer = httpx.post(
        f"{settings.LLMTR_BASE_URL}/v1/images/generations",
        json={"model": tryon.model, "prompt": "words", "size": "512", "n": 1},
        headers={"Authorization": f"Bearer {settings.LLMTR_API_KEY}"},
    )
    body = run.spooled(attempt)
    body.parent.mkdir(parents=True, exist_ok=True)
    body.write_bytes(answer.content)
    (body.parent / f"{uuid.uuid4()}.json").write_bytes(answer.content)  # to a call that no row knows
    return str(row.pk)


def _settle_too_soon(pk: str, staff: User) -> None:
    """Staff say that it was not made, while its answer lies on the disk."""
    row = Generation.objects.get(pk=pk)
    outcomes.lost_contact(row.attempts.get(), row)
    reconcile.resolve_by_staff(row, made=False, by=staff)


def _image(tryon: object) -> Image:
    return Image.objects.get(pk__in=Generation.objects.filter(tryon=tryon).values("results__image"))


def _files() -> list[Path]:
    root = Path(settings.MEDIA_ROOT)
    return [path.relative_to(root) for path in root.rglob("*") if path.is_file()]


def _named() -> set[str]:
    columns = [(model, model.FILES) for model in (Image, Reference)]
    return {
        name
        for model, fields in columns
        for row in model.objects.values_list(*fields)
        for name in row
        if name
    }


def _money() -> dict[str, int]:
    """The day of the site, and what its generations say it must be."""
    day = Budget.objects.get(scope="site day")
    unfinished = Generation.objects.unfinished().aggregate(sum=Sum("reserved_micros"))["sum"] or 0
    lost = Generation.objects.filter(status="unknown", settled="")
    unknown = lost.aggregate(sum=Sum("reserved_micros"))["sum"] or 0
    paid = (
        Generation.objects.filter(attempts__status="ok").aggregate(sum=Sum("attempts__price_micros"))["sum"]
        or 0
    )
    return {
        "reserved": day.reserved,
        "at_risk": day.at_risk,
        "spent": day.spent,
        "unfinished": unfinished,
        "unknown": unknown,
        "paid": paid,
    }


def _signature(file: Path) -> list[int] | None:
    """The picture at 16 x 16, as numbers; None for what is no picture."""
    try:
        with Pillow.open(io.BytesIO(file.read_bytes())) as picture:
            return list(picture.convert("RGB").resize((16, 16), Pillow.Resampling.BOX).tobytes())
    except UnidentifiedImageError:
        return None


def _look_alikes(wanted: dict[str, list[int]]) -> dict[str, list[str]]:
    """Files anywhere in the data folder whose picture looks like one of these, whatever they are called."""
    files = {str(file): _signature(file) for file in Path(settings.DATA_DIR).rglob("*") if file.is_file()}
    return {
        name: [file for file, seen in files.items() if seen and _difference(signature, seen) < 3]
        for name, signature in wanted.items()
    }


def _difference(one: list[int], other: list[int]) -> float:
    return sum(abs(a - b) for a, b in zip(one, other, strict=True)) / len(other)


STEPS: dict[str, Callable[[Seen], None]] = {"make": make, "live": live, "look": look, "wake": wake}

if __name__ == "__main__":
    step, notes = sys.argv[1], Path(sys.argv[2])
    told = json.loads(notes.read_text()) if notes.exists() else {}
    with Sandbox(notes.parent / f"sandbox-{step}") as sandbox:
        settings.LLMTR_BASE_URL = sandbox.url
        STEPS[step](told)
    notes.write_text(json.dumps(told, indent=1))
