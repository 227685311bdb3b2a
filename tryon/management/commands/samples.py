import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

import tryon
from gallery.models import SourceType
from gallery.pictures import MADE_PICTURES
from tryon.models import Reference
from tryon.pipeline import references

FOLDER = Path(tryon.__file__).parent / "samples"


class Command(BaseCommand):
    help = "Put the project's own samples on the shelf; those that were ever there stay as they are."

    def handle(self, *args: Any, **options: Any) -> None:
        for n, sample in enumerate(json.loads((FOLDER / "samples.json").read_text()), 1):
            content = (FOLDER / sample["file"]).read_bytes()
            if not Reference.objects.was_in_house(sample["kind"], sample["slug"], content):
                row = references.keep(
                    None,
                    sample["kind"],
                    content,
                    category=sample["category"],
                    label=sample["label"],
                    source_type=SourceType.DRAWN,
                    limits=MADE_PICTURES,  # with these it does not wait behind uploads
                )
                row.put_on_shelf(sample["slug"], n)
            Reference.objects.in_house_of(content).update(source_type=SourceType.DRAWN)
