"""Who asks for a page of pictures: a user of whatever model, or nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth import get_permission_codename, get_user_model
from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponseBase

AnyUser = AbstractUser | AnonymousUser  # somebody without a row has no key, so nothing is theirs
View = Callable[..., HttpResponseBase]


def require_user(request: HttpRequest) -> AbstractUser:
    """Who asks; PermissionDenied where nobody is known."""
    if isinstance(request.user, AbstractUser):
        return request.user
    raise PermissionDenied


def owners_only(view: View) -> View:
    """Where visitors need an account, a page of one's own asks for it; else it is empty for a newcomer."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated and not settings.GUESTS:
            return redirect_to_login(request.get_full_path())
        return view(request, *args, **kwargs)

    return guarded


def may_view(user: AnyUser, model: type[models.Model]) -> bool:
    """Whether somebody of the staff may see everybody's rows of it, as the admin judges that."""
    names = (get_permission_codename(action, model._meta) for action in ("view", "change"))
    return user.is_staff and any(user.has_perm(f"{model._meta.app_label}.{name}") for name in names)


def users_called(words: str) -> Iterable[int]:
    """Keys of some users with this number, or whose e-mail or user name begins so."""
    users: Any = get_user_model()._default_manager
    return users.called(words)  # type: ignore[no-any-return]
