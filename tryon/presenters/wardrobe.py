"""The wardrobe: what somebody may use again, their own first, then the shop's, by what it is."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.db.models import Count, F, Prefetch, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tryon.accounts.models import AnyUser
from tryon.models import GatewayFile, Reference
from tryon.presenters import labels
from tryon.rules import outfits
from tryon.samples.table import LABEL

Kind = Reference.Kind
HEADINGS: dict[str, Promise] = {
    Kind.PERSON: gettext_lazy("People"),
    Kind.GARMENT: gettext_lazy("Garments"),
    Kind.OTHER: gettext_lazy("Other pictures"),
}
FIRST = 24  # of each kind, where all of them are shown
A_PAGE = 48  # of one kind


@dataclass(frozen=True, slots=True)
class Piece:
    """One picture, with its copies at the gateway where it is somebody's own."""

    reference: Reference

    @property
    def is_own(self) -> bool:
        return self.reference.owner_id is not None

    @property
    def is_garment(self) -> bool:
        return self.reference.kind == Kind.GARMENT

    @property
    def categories(self) -> list[tuple[str, str]]:
        """What it may be, where it is a garment."""
        kinds = outfits.BY_NAME.items() if self.is_garment else ()
        return [(name, labels.told(kind.label)) for name, kind in kinds]

    @property
    def kind(self) -> str:
        """What it is: "Top", "Person"."""
        return labels.reference_label(self.reference)

    @property
    def facts(self) -> str:
        """What it is, where its name does not say so, and whose it is or what made it: "Top · Sample"."""
        is_named = self.reference.label and self.is_garment and self.reference.category != "auto"
        return " · ".join(filter(None, (self.kind if is_named else "", self._origin)))

    @property
    def _origin(self) -> str:
        made_by = str(self.reference.get_source_type_display())
        if self.is_own:
            return made_by
        return LABEL if made_by else _("From the shop")

    @property
    def studio(self) -> str:
        """The address of the studio with it chosen."""
        name = self.reference.slug or str(self.reference.pk)
        if self.reference.kind == Kind.OTHER:
            return f"{reverse('studio')}?{urlencode({'mode': 'remix', 'picture': name})}"
        return f"{reverse('studio')}?{urlencode({self.reference.kind: name})}"


@dataclass(frozen=True, slots=True)
class Rail:
    """The pieces of one kind, as many as stand on this page, of `count`."""

    kind: str
    count: int
    pieces: tuple[Piece, ...]
    page: Page[Reference] | None = None

    @property
    def heading(self) -> Promise:
        return HEADINGS[self.kind]

    @property
    def is_cut(self) -> bool:
        """Whether there is more than the first page of all kinds shows."""
        return self.page is None and self.count > len(self.pieces)


def rails(user: AnyUser) -> list[Rail]:
    """The first of every kind of which there is something."""
    counts = dict(Reference.objects.in_wardrobe_of(user).order_by().values_list("kind").annotate(Count("pk")))
    return [
        Rail(kind, counts[kind], _pieces(_of_kind(user, kind)[:FIRST])) for kind in HEADINGS if kind in counts
    ]


def rail(user: AnyUser, kind: str, page: str) -> Rail:
    """All of one kind, a page at a time; a page that is not there is the last one."""
    pages = Paginator(_of_kind(user, kind), A_PAGE)
    shown = pages.get_page(page)
    return Rail(kind, pages.count, _pieces(shown.object_list), shown)


def own_piece(user: AnyUser, pk: uuid.UUID) -> Piece | None:
    found = _with_copies(Reference.objects.owned_by(user)).filter(pk=pk).first()
    return Piece(found) if found else None


def _of_kind(user: AnyUser, kind: str) -> QuerySet[Reference]:
    """One's own, the last used first, then the house's in its order."""
    found = _with_copies(Reference.objects.in_wardrobe_of(user).filter(kind=kind))
    return found.order_by(F("owner").asc(nulls_last=True), "position", "-last_used_at", "pk")


def _with_copies(references: QuerySet[Reference]) -> QuerySet[Reference]:
    alive = GatewayFile.objects.filter(state=GatewayFile.State.LIVE, expires_at__gt=timezone.now())
    return references.prefetch_related(Prefetch("gateway_files", queryset=alive, to_attr="copies"))


def _pieces(references: Iterable[Reference]) -> tuple[Piece, ...]:
    return tuple(Piece(reference) for reference in references)
