"""What a reviewer says of a picture: approve, reject with a reason, or undo; and of what they have seen."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from gallery.models import Image, RejectionReason
from gallery.models.review import ReviewState, Standing
from tryon.accounts.models import User

LEADS_TO = {
    "approve": ReviewState.APPROVED,
    "reject": ReviewState.REJECTED,
    "undo": ReviewState.PENDING,
}


class DecisionForm(forms.Form):
    """One decision. A rejection has its reason, which alone says it too; `words` are for the owner."""

    decision = forms.ChoiceField(required=False, choices=[(name, name) for name in LEADS_TO])
    reason = forms.ChoiceField(required=False, choices=RejectionReason)
    words = forms.CharField(required=False, max_length=500)
    seen = forms.CharField(required=False)

    def clean_seen(self) -> Standing | None:
        """What stood when the page was made; None where it is not said."""
        text = self.cleaned_data["seen"]
        try:
            return Standing.read(text) if text else None
        except ValueError as exc:
            raise ValidationError(_("This page is not whole. Load it again.")) from exc

    def clean(self) -> dict[str, Any]:
        decision, reason = self.cleaned_data.get("decision"), self.cleaned_data.get("reason")
        if decision == "reject" and not reason:
            self.add_error("reason", _("Choose why it is rejected."))
        elif not decision:
            self.cleaned_data["decision"] = "reject"
            if not reason:
                self.add_error("decision", _("Choose whether it is approved or rejected."))
        return self.cleaned_data

    @property
    def asked(self) -> str:
        return str(self.cleaned_data["decision"])

    def decide(self, image: Image, by: User, seen: Standing | None = None) -> bool:
        """Whether it stands now as they want it; False: somebody else had decided otherwise meanwhile."""
        seen = seen or self.cleaned_data["seen"] or _usually_seen(image, by, self.asked)
        moved = self._move(image, by, seen)
        # Sent twice, as the answer to the first one was lost on the way: it is the same decision.
        is_own = image.reviewed_by_id in (None, by.pk)
        return moved or (image.review == LEADS_TO[self.asked] and is_own and not image.deleted_at)

    def _move(self, image: Image, by: User, seen: Standing) -> bool:
        if self.asked == "approve":
            return image.approve(by, seen)
        if self.asked == "undo":
            return image.undo(by, seen)
        reason = RejectionReason(self.cleaned_data["reason"])
        return image.reject(by, reason, self.cleaned_data["words"], seen)

    def first_error(self) -> str:
        return next(str(words) for errors in self.errors.values() for words in errors)


def _usually_seen(image: Image, by: User, decision: str) -> Standing:
    """Where a page does not say it: a picture that waits, and of one's own decision what it was."""
    is_own = decision == "undo" and image.reviewed_by_id == by.pk
    return image.standing if is_own else Standing(ReviewState.PENDING, None)
