"""The words of mails: text, and the same in the shop's look, with nothing in it that would be fetched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.http import urlencode
from django.utils.translation import gettext, ngettext_lazy, override

from gallery.models import Image
from tryon.accounts.models import User
from tryon.models import Notification, Result, Site, TryOn
from tryon.pipeline.notifications.unsubscribe import unsubscribe_url
from tryon.rules import theme_colours

Kind = Notification.Kind
MOST_NAMED = 10
SUBJECTS = {  # of one, of several
    Kind.READY: ngettext_lazy("Your picture is ready", "Your pictures are ready", "n"),
    Kind.APPROVED: ngettext_lazy("Your picture was approved", "%(n)s pictures were approved", "n"),
    Kind.WAITING: ngettext_lazy("%(n)s picture waits for a check", "%(n)s pictures wait for a check", "n"),
    Kind.REJECTED: ngettext_lazy("Your picture was not approved", "%(n)s pictures were not approved", "n"),
}


@override(settings.LANGUAGE_CODE)  # a worker does not know which language somebody reads
def written(
    owner: User, kind: str, subjects: Sequence[TryOn | Image], count: int | None = None
) -> dict[str, str]:
    """The columns of a mail that tells `owner` of these, or of so many, in the first language of the site."""
    site = Site.objects.current()
    count = len(subjects) if count is None else count
    subject = SUBJECTS[Kind(kind)] % {"n": count}
    items = [_item(each) for each in subjects[:MOST_NAMED]]
    stop = unsubscribe_url(owner, kind)
    context: dict[str, Any] = {
        "kind": kind,
        "count": count,
        "items": items,
        "more": len(subjects) - len(items),
        "onward": items[0]["url"] if len(items) == 1 else settings.SITE_URL + _page_of(kind),
        "unsubscribe_url": stop,
        "choices_url": settings.SITE_URL + reverse("account_mails"),
    }
    return {
        "from_email": site.from_email,
        "reply_to": site.contact_email,
        "subject": f"[{site.title}] {subject}",
        "body": render_to_string("mail/notification.txt", context | {"site": site}),
        "html": _rendered("mail/notification.html", subject, context),
        "unsubscribe_url": stop,
    }


def _page_of(kind: str) -> str:
    """Where all of them are; the desk is there only for who has logged in."""
    if kind == Kind.WAITING:
        return f"{reverse('account_login')}?{urlencode({'next': reverse('review')})}"
    return reverse("gallery") + ("" if kind == Kind.READY else f"?show={kind}")


def attach_html(message: EmailMultiAlternatives) -> None:
    """The words of a plain mail in the shop's look; an address that stands alone becomes a button."""
    parts = [part.strip() for part in str(message.body).split("\n\n") if part.strip()]
    told = [(part, part.startswith(settings.SITE_URL) and len(part.split()) == 1) for part in parts]
    subject = str(message.subject)
    html = _rendered("mail/plain.html", subject, {"parts": told, "heading": subject.partition("] ")[2]})
    message.attach_alternative(html, "text/html")


def _rendered(template: str, subject: str, context: dict[str, Any]) -> str:
    site = Site.objects.current()
    colours = {
        name.replace("-", "_"): {"light": light, "dark": dark}
        for name, (light, dark) in theme_colours.shades(site.accent or theme_colours.BUILT_IN).items()
    }
    shown = {"site": site, "site_url": settings.SITE_URL, "subject": subject, "colours": colours}
    return render_to_string(template, context | shown)


def _item(subject: TryOn | Image) -> dict[str, str]:
    if isinstance(subject, TryOn):
        return {"name": _name(subject), "url": _url("tryon", subject), "why": ""}
    result = Result.objects.filter(image=subject).select_related("generation__tryon").first()
    day = {"day": date_format(subject.created_at, "j F")}
    name = _name(result.generation.tryon) if result else gettext("Picture of %(day)s") % day
    return {"name": name, "url": _url("image", subject), "why": _why(subject)}


def _name(tryon: TryOn) -> str:
    """By what is worn, where it has a name, and by the day."""
    worn = tryon.worn_words(tryon.ordered_inputs()) or gettext("Picture")
    return gettext("%(what)s, %(day)s") % {"what": worn, "day": date_format(tryon.created_at, "j F")}


def _url(view: str, subject: TryOn | Image) -> str:
    return settings.SITE_URL + reverse(view, args=[subject.pk])


def _why(image: Image) -> str:
    """Why it was rejected, in words for its owner."""
    told = [image.why_rejected] if image.reason else []
    return ": ".join(told + [image.words] * bool(image.words))
