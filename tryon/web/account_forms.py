"""allauth's forms, where ours refuse or do something else."""

from __future__ import annotations

from typing import Any

from allauth.account import forms
from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.email_verification import send_verification_email_to_address
from allauth.account.internal.flows.manage_email import email_already_exists
from allauth.account.models import EmailAddress
from django import forms as django_forms
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from tryon.accounts.models import User
from tryon.models import Notification
from tryon.models.mails.notification import kinds_for


class Plain:
    """Without words inside its fields, for their labels stand above them; an e-mail is called one name."""

    fields: dict[str, django_forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)
        if email := self.fields.get("email"):
            email.error_messages["invalid"] = _("Give an e-mail such as name@example.com.")


class LogInForm(Plain, forms.LoginForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].widget.attrs["autofocus"] = True


class ReauthenticateForm(Plain, forms.ReauthenticateForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].widget.attrs["autofocus"] = True


class SignUpForm(Plain, forms.SignupForm):  # type: ignore[misc]
    pass


class ResetPasswordForm(Plain, forms.ResetPasswordForm):  # type: ignore[misc]
    pass


class ChangePasswordForm(Plain, forms.ChangePasswordForm):  # type: ignore[misc]
    def clean_oldpassword(self) -> str:
        """By the one way in which passwords are checked, so that tries are limited here too."""
        password: str = self.cleaned_data["oldpassword"]
        if not get_adapter().reauthenticate(self.user, password):
            raise get_adapter().validation_error("enter_current_password")
        return password


class ChangeAddressForm(Plain, forms.AddEmailForm):  # type: ignore[misc]
    """The new address of an account, in place of the one that it has, once it is proven."""

    def clean_email(self) -> str:
        """Where no mail is sent nothing will prove it, so one that is taken is refused, and told by that."""
        email: str = super().clean_email()
        email_already_exists(email, user=self.user)
        return email

    def save(self, request: HttpRequest) -> EmailAddress:
        mine = EmailAddress.objects.filter(user=self.user)
        mine.filter(verified=False, primary=False).exclude(email=self.user.email.lower()).delete()
        address = EmailAddress.objects.create(user=self.user, email=self.cleaned_data["email"])
        if settings.SENDS_MAIL:
            send_verification_email_to_address(request, address)
        else:
            address.set_as_primary()
            mine.exclude(pk=address.pk).delete()
        return address


class NameForm(django_forms.ModelForm):  # type: ignore[type-arg]
    """A user name, by which one may log in too: none that reads like an e-mail, or like one that we give."""

    username = django_forms.RegexField(
        label=_("User name"),
        regex=r"(?i)^(?!(guest|erased)-)[a-z0-9][a-z0-9._-]*\Z",
        min_length=2,
        max_length=40,
        error_messages={
            "required": _("Give a user name."),
            "invalid": _(
                "Use letters without accents, digits, dots and hyphens, and begin with a letter or digit."
            ),
        },
    )

    class Meta:
        model = User
        fields = ("username",)

    def clean_username(self) -> str:
        name: str = self.cleaned_data["username"]
        if User.objects.filter(username__iexact=name).exclude(pk=self.instance.pk).exists():
            raise django_forms.ValidationError(_("This user name is taken. Choose another one."))
        return name


class MailChoicesForm(django_forms.ModelForm):  # type: ignore[type-arg]
    """A box for each kind of mail."""

    class Meta:
        model = User
        fields = [f"mail_when_{kind}" for kind in Notification.Kind.values]
        labels = {f"mail_when_{kind.value}": kind.label for kind in Notification.Kind}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [f"mail_when_{kind}" for kind in kinds_for(self.instance)]
        self.fields = {name: field for name, field in self.fields.items() if name in offered}
