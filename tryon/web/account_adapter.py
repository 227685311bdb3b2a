"""What is ours in the log-in: what a guest made stays theirs, tries are limited, mails are the shop's."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.manage_email import sync_user_email_address
from allauth.account.models import EmailAddress
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from gallery.models import Image
from tryon.accounts.client_address import client_address
from tryon.accounts.current_user import guest_from_cookie
from tryon.accounts.models import User
from tryon.accounts.rate_limits import account_key, may_mail, note_log_in, seconds_to_next_try
from tryon.models import Site
from tryon.models.reference import may_review
from tryon.pipeline.notifications.words import attach_html
from tryon.web.too_many import too_many
from tryon.web.views.account import join

WRONG = _("This password does not fit this e-mail or user name.")
MOST_BROWSERS = 50  # in which an account is logged in: each log-in asks for all of them
ORDERED_BY_STRANGERS = {
    "account_already_exists",
    "email_confirmation",
    "email_confirmation_signup",
    "password_reset_key",
    "unknown_account",
}


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    error_messages = DefaultAccountAdapter.error_messages | {
        "account_inactive": _("This account is closed."),
        "email_password_mismatch": WRONG,
        "username_password_mismatch": WRONG,
        "incorrect_password": _("This is not the password of your account."),
        "enter_current_password": _("This is not the password of your account."),
        "email_taken": _("Another account has this e-mail."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return str(settings.SIGNUP) == "open"

    def new_user(self, request: HttpRequest) -> User:
        """The visitor's own row where there is one, so that signing up changes nobody's pictures."""
        guest = guest_from_cookie(request)
        if guest is None:
            return User()
        guest.become_account()
        return guest

    def generate_unique_username(self, txts: list[str | None], regex: str | None = None) -> str:
        """Each with an end of its own: a bare one would tell that nobody had the name before."""
        end = get_random_string(6, "0123456789")
        named = [f"{text.partition('@')[0]}-{end}" for text in txts if text]
        made: str = super().generate_unique_username(named, regex)
        return made

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        """Whoever holds the address already has a row of it before the newcomer does (see `named`)."""
        for holder in User.objects.filter(email__iexact=form.cleaned_data["email"], is_guest=False):
            sync_user_email_address(holder)
        saved: User = super().save_user(request, user, form, commit)
        return saved

    @sensitive_variables()
    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """The account of the name, where the password is its own: one hash, whomever it names, or nobody."""
        name = credentials.get("email") or credentials.get("username", "")
        account = User.objects.named(name)
        _require_try(request, account_key(account, name))
        return account if (account or User()).check_password(credentials["password"]) else None

    @sensitive_variables()
    def reauthenticate(self, user: User, password: str) -> bool:
        """Whether it is the password of who is signed in; tries count together with those of the log-in."""
        _require_try(self.request, account_key(user, ""))
        is_right = user.check_password(password)
        if is_right:
            note_log_in(self.request, user)
        return is_right

    def login(self, request: HttpRequest, user: User) -> None:
        super().login(request, user)
        note_log_in(request, user)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Where whoever was going nowhere goes: reviewers to what waits for them."""
        if may_review(request.user) and Image.objects.to_check().exists():
            return reverse("review")
        return str(super().get_login_redirect_url(request))

    def post_login(self, request: HttpRequest, user: User, **options: Any) -> HttpResponse:
        """On to where they were going; first to the question about what this browser has of a guest."""
        response: HttpResponse = super().post_login(request, user, **options)
        for oldest in UserSession.objects.filter(user=user).order_by("-created_at")[MOST_BROWSERS:]:
            oldest.end()
        guest = guest_from_cookie(request)
        return (
            redirect(join.question(response["Location"])) if guest and join.has_something(guest) else response
        )

    def can_delete_email(self, email_address: EmailAddress) -> bool:
        """One that waits for its proof; the address that is in use is changed, and never without another."""
        is_used = email_address.primary or email_address.email == email_address.user.email.lower()
        return not (is_used or email_address.verified)

    def send_confirmation_mail(self, request: HttpRequest, emailconfirmation: Any, signup: bool) -> None:
        """A link to prove the address; where it is another account's, that is told, and only there."""
        address = emailconfirmation.email_address
        if User.objects.named(address.email) in (None, address.user):
            super().send_confirmation_mail(request, emailconfirmation, signup)
        else:
            context = {"signup": signup, "newcomer": address.user}
            self.send_mail("account/email/account_already_exists", address.email, context)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """What anybody can order to anybody's address is bounded, without a word to who orders it."""
        kind = template_prefix.rpartition("/")[2]
        if kind not in ORDERED_BY_STRANGERS or may_mail(kind, email):
            super().send_mail(template_prefix, email, context)

    def get_client_ip(self, request: HttpRequest) -> str:
        return str(client_address(request))

    def get_from_email(self) -> str:
        return Site.objects.current().from_email

    def format_email_subject(self, subject: str) -> str:
        return f"[{Site.objects.current().title}] {subject}"

    def render_mail(
        self, template_prefix: str, email: Any, context: Any, headers: Any = None
    ) -> EmailMultiAlternatives:
        """With the shop's name for that of the host, and answers going to its contact."""
        site = Site.objects.current()
        context["current_site"].name = site.title
        context["site_url"] = settings.SITE_URL
        message: EmailMultiAlternatives = super().render_mail(template_prefix, email, context, headers)
        message.reply_to = [site.contact_email] if site.contact_email else []
        attach_html(message)
        return message


def _require_try(request: HttpRequest, account: str) -> None:
    """Count a try of a password; ends the request where there were too many."""
    if wait := seconds_to_next_try(request, account):
        raise ImmediateHttpResponse(too_many(request, wait))
