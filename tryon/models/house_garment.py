from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from tryon.models.reference import Reference


class HouseGarment(Reference):
    """What the site offers to everybody. A right to it is none to the photos of visitors."""

    audit_kind = "reference"

    class Meta:
        proxy = True
        verbose_name = _("garment")
