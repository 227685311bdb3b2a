"""Taking away somebody's second factor, for whoever has lost it: what staff, or the operator, do for them."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from gallery.models import AuditEntry
from gallery.models.audit import register_action
from tryon.accounts.models import User

REMOVED = register_action("factor_removed", _("Second step at the log-in removed"))


def remove(user: User, by: User | None) -> bool:
    """Their password alone opens the account again, in sessions that begin now; False where none was there.

    `by` nobody: the operator, by a command.
    """
    with transaction.atomic():
        if not Authenticator.objects.filter(user=user).delete()[0]:
            return False
        AuditEntry.objects.record(by, REMOVED, user)
    for session in UserSession.objects.filter(user=user):
        session.end()
    return True
