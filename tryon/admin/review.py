"""Review in the stock admin: person, garments, result side by side; approve, reject with a reason, undo."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from gallery.admin import Written
from gallery.models import Image, RejectionReason
from gallery.models.audit import Words
from gallery.owners import may_view
from tryon.accounts.current_user import require_user
from tryon.accounts.models import User
from tryon.models import Reference, TryOn
from tryon.models.reference import may_review
from tryon.pipeline.privacy import deletion
from tryon.presenters.decisions import already
from tryon.presenters.gallery.provenance import ImageProvenance, image_provenance
from tryon.presenters.labels import in_sentence


class ReasonForm(forms.Form):
    reason = forms.ChoiceField(choices=RejectionReason, widget=forms.RadioSelect)
    words = forms.CharField(
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        label=_("In words"),
        help_text=_("The owner reads this with the reason."),
    )


class ReviewState(admin.SimpleListFilter):
    """Opens on what waits for a check."""

    title = _("review")
    parameter_name = "review"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, str]]:
        decided = (Image.Review.APPROVED, Image.Review.REJECTED)
        return (*((state.value, str(state.label)) for state in decided), ("all", gettext("All")))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Image]) -> QuerySet[Image]:
        state = self.value() or Image.Review.PENDING
        return queryset if state == "all" else queryset.filter(review=state)

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        first, *others = super().choices(changelist)
        yield first | {"display": Image.Review.PENDING.label}
        yield from others


TITLES: dict[str, Words] = {
    "": _("Pictures to be checked"),
    Image.Review.APPROVED: _("Approved pictures"),
    Image.Review.REJECTED: _("Pictures not approved"),
}
# The action that would change nothing in a list.
IDLE: dict[str, str] = {
    Image.Review.PENDING: "undo",
    Image.Review.APPROVED: "approve",
    Image.Review.REJECTED: "reject",
}


class ReviewList(ChangeList):
    """Reads what lies behind a page of pictures in four queries."""

    def __init__(self, request: HttpRequest, *args: Any) -> None:
        super().__init__(request, *args)
        self.title = str(TITLES.get(request.GET.get("review", ""), _("Pictures")))

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        images = list(self.result_list)
        attach_provenance(images)
        for image in images:
            image.hides_inputs = not may_view(request.user, Reference)
        self.result_list = images


def attach_provenance(images: Sequence[Image]) -> None:
    found = image_provenance(images)
    for image in images:
        image.provenance = found.get(image.pk)  # type: ignore[attr-defined]


def provenance_of(image: Image) -> ImageProvenance | None:
    if not hasattr(image, "provenance"):
        attach_provenance([image])
    provenance: ImageProvenance | None = image.provenance  # type: ignore[attr-defined]
    return provenance


def made_from(provenance: ImageProvenance) -> str:
    """What went in, in words: "Person, 2 garments (top, tucked in; 1 as it looks)", "3 pictures"."""
    if not provenance.inputs:
        return gettext("words alone")
    if provenance.tryon.mode != TryOn.Mode.TRY_ON:
        return pictures(len(provenance.present))
    garments = [each for each in provenance.present if not each.is_person]
    n = len(garments)
    words = ngettext("%(n)s garment", "%(n)s garments", n) % {"n": n}
    named = [in_sentence(each.label) for each in garments if each.role != "auto"]
    if named:
        free = len(garments) - len(named)
        others = [gettext("%(n)s as it looks") % {"n": free}] if free else []
        words += f" ({'; '.join([*named, *others])})"
    return gettext("Person, %(garments)s") % {"garments": words} if provenance.person else words


def pictures(n: int) -> str:
    return ngettext("%(n)s picture", "%(n)s pictures", n) % {"n": n}


def figures(provenance: ImageProvenance) -> str:
    """What was chosen, what it cost and how long it took, as far as it is known."""
    seconds = "" if provenance.seconds is None else gettext("%(n)s s") % {"n": provenance.seconds}
    return ", ".join(filter(None, (provenance.options, provenance.cost, seconds)))


@admin.register(Image)
class ImageAdmin(Written):
    list_display = ("pictures", "request")
    list_display_links = None
    list_filter = (ReviewState, "sandbox", "created_at")
    list_per_page = 20
    list_select_related = ("reviewed_by", "owner")
    search_fields = ("id", "owner__email", "owner__username")
    sortable_by = ()
    fields = readonly_fields = ("pictures_closer", "request_closer", "owner", "created_at", "sandbox")
    actions = ["approve", "reject", "undo", "delete_for_good"]
    change_form_template = "admin/gallery/image/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Image]:
        return Image.objects.present()

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ReviewList

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """The longest wait first; of the decided ones the latest decision."""
        decided = request.GET.get("review")
        return ("-reviewed_at", "-created_at", "-id") if decided else ("created_at", "id")

    # What a reviewer sees ---------------------------------------------------------------------------
    @admin.display(description=_("made from, result"))
    def pictures(self, image: Image) -> SafeString:
        return _rendered("_pictures", image)

    @admin.display(description=_("state, request"))
    def request(self, image: Image) -> SafeString:
        return _rendered("_request", image)

    @admin.display(description=_("made from, result"))
    def pictures_closer(self, image: Image) -> SafeString:
        return _rendered("_pictures", image, is_closer=True)

    @admin.display(description=_("state, request"))
    def request_closer(self, image: Image) -> SafeString:
        return _rendered("_request", image, is_closer=True)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Only what changes something in the list that is shown."""
        idle = IDLE.get(request.GET.get("review") or Image.Review.PENDING)
        return {name: action for name, action in super().get_actions(request).items() if name != idle}

    # What a reviewer does ---------------------------------------------------------------------------
    @admin.action(description=_("Approve"), permissions=["change"])
    def approve(self, request: HttpRequest, queryset: QuerySet[Image]) -> None:
        self._decide(request, queryset, gettext("%(n)s approved."), Image.approve)

    @admin.action(description=_("Reject…"), permissions=["change"])
    def reject(self, request: HttpRequest, queryset: QuerySet[Image]) -> HttpResponse | None:
        form = ReasonForm(request.POST if "decided" in request.POST else None, label_suffix="")
        if not form.is_valid():
            return self._ask(request, queryset, "reject", gettext("Reject"), form)
        reason, words = RejectionReason(form.cleaned_data["reason"]), form.cleaned_data["words"]
        self._decide(
            request, queryset, gettext("%(n)s rejected."), lambda image, by: image.reject(by, reason, words)
        )
        return None

    @admin.action(description=_("Undo the decision"), permissions=["change"])
    def undo(self, request: HttpRequest, queryset: QuerySet[Image]) -> None:
        self._decide(request, queryset, gettext("%(n)s put back into the queue."), Image.undo)

    @admin.action(description=_("Delete for good…"), permissions=["wipe"])
    def delete_for_good(self, request: HttpRequest, queryset: QuerySet[Image]) -> HttpResponse | None:
        if "decided" not in request.POST:
            return self._ask(request, queryset, "delete_for_good", gettext("Delete for good"), None)

        def delete(image: Image, by: User) -> bool:
            deletion.delete_image(image, by)
            return True

        self._decide(request, queryset, gettext("%(n)s deleted."), delete)
        return None

    def _decide(
        self,
        request: HttpRequest,
        queryset: QuerySet[Image],
        done: str,
        decide: Callable[[Image, User], bool],
    ) -> None:
        """Decide each picture once, and say how many somebody else had decided meanwhile."""
        chosen = request.POST.getlist(helpers.ACTION_CHECKBOX_NAME)
        if request.POST.get("select_across") == "1":  # all pages of the list, not only the ticked ones
            chosen = [str(pk) for pk in queryset.values_list("pk", flat=True)]
        staff = require_user(request)
        # Read at once: each decision changes the list.
        moved = [image.pk for image in list(queryset) if decide(image, staff)]
        if moved:
            self.message_user(request, done % {"n": len(moved)})
        if left := list(Image.objects.filter(pk__in=chosen).exclude(pk__in=moved)):
            self.message_user(request, already(left), messages.WARNING)

    def _ask(
        self, request: HttpRequest, queryset: QuerySet[Image], action: str, verb: str, form: ReasonForm | None
    ) -> HttpResponse:
        images = list(queryset)
        attach_provenance(images)
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("%(verb)s %(pictures)s") % {"verb": verb, "pictures": pictures(len(images))},
            "opts": self.opts,
            "images": images,
            "action": action,
            "verb": verb,
            "form": form,
            "box": helpers.ACTION_CHECKBOX_NAME,
            "across": request.POST.get("select_across", "0"),
        }
        return TemplateResponse(request, "admin/gallery/image/ask.html", context)

    # The stock pages only show ----------------------------------------------------------------------
    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Decisions go through the actions, by who sees what a picture was made from; no field is edited."""
        return obj is None and may_review(request.user)

    def get_object(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Image | None:
        image = super().get_object(request, *args, **kwargs)
        if image:
            image.hides_inputs = not may_view(request.user, Reference)
        return image

    def has_wipe_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("gallery.delete_image")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        context = {
            "may_decide": self.has_change_permission(request),
            "decide_at": reverse("admin:gallery_image_changelist") + "?review=all",
            "box": helpers.ACTION_CHECKBOX_NAME,
            "title": gettext("A closer look"),
        }
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **context})


def _rendered(name: str, image: Image, *, is_closer: bool = False) -> SafeString:
    provenance = provenance_of(image)
    context: dict[str, Any] = {"image": image, "provenance": provenance, "is_closer": is_closer}
    context["hides_inputs"] = getattr(image, "hides_inputs", False)
    if provenance:
        context |= {"made_from": made_from(provenance), "figures": figures(provenance)}
    return render_to_string(f"admin/gallery/image/{name}.html", context)
