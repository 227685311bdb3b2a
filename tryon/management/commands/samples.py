import hashlib
from contextlib import suppress
from typing import Any, NamedTuple

from django.core.management.base import BaseCommand

from gallery.models import SourceType
from gallery.pictures import MADE_PICTURES, BadPicture
from tryon.models import Reference
from tryon.pipeline import references
from tryon.samples.table import SAMPLES, Sample


class Drawn(NamedTuple):
    """A sample of the first versions: the SHA-256 of its file, and the row as it was put on the shelf."""

    sha256: str
    slug: str
    kind: str
    category: str
    label: str
    position: int


DRAWN = (
    Drawn(
        "0a4e9084bfc86cd1dcfa58a4eb2707413abac741b89bccd70567d4366b2d2cc0",
        "person",
        "person",
        "",
        "Person in a grey T-shirt",
        1,
    ),
    Drawn(
        "f19e9b9ba6a44cd7fe872904d492b4a3a90a9014ff88aba72e97af98dc647a04",
        "breton-top",
        "garment",
        "top",
        "Breton top",
        2,
    ),
    Drawn(
        "1d8ca8fa5889b34821c647e900816091396b7d6443500dc2598329a3de496fd1",
        "red-dress",
        "garment",
        "dress",
        "Red wrap dress",
        3,
    ),
    Drawn(
        "e10f207b52d677eed140fbca43b40e3d3898d9a5fe2de02cd0fb499246b9181d",
        "denim-jacket",
        "garment",
        "outerwear",
        "Denim jacket",
        4,
    ),
)


class Command(BaseCommand):
    help = "Put the project's own samples on the shelf; those that staff changed or removed stay as they are."

    def handle(self, *args: Any, **options: Any) -> None:
        drawn = Reference.objects.in_house_of(*(each.sha256 for each in DRAWN))
        drawn.update(source_type=SourceType.DRAWN)
        if drawn and not drawn.present():
            return  # staff removed all that there were
        removed = set(drawn.exclude(deleted_at=None).values_list("sha256", flat=True))
        for each in DRAWN:  # in front of the new ones, which take their addresses
            for row in drawn.present().filter(**each._asdict()):
                row.take_off_shelf()
        unwanted = {each.slug for each in DRAWN if each.sha256 in removed}
        for position, sample in enumerate(SAMPLES, 1):
            _put_on_shelf(sample, position, is_unwanted=sample.slug in unwanted)


def _put_on_shelf(sample: Sample, position: int, *, is_unwanted: bool) -> None:
    content = sample.path.read_bytes()
    rows = Reference.objects.in_house_of(hashlib.sha256(content).hexdigest())
    if not (is_unwanted or rows or Reference.objects.filter(slug=sample.slug).exists()):
        row = references.keep(
            None,
            sample.kind,
            content,
            category=sample.category,
            label=sample.label,
            source_type=SourceType.DRAWN,
            limits=MADE_PICTURES,  # with these it does not wait behind uploads
        )
        row.put_on_shelf(sample.slug, position)
        with suppress(BadPicture):  # else a worker makes it; until then the first page is a megabyte more
            references.shrink(row)
    rows.update(source_type=SourceType.DRAWN)
