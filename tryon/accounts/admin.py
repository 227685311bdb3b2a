"""Accounts and guests in the stock admin."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin

from tryon.accounts.models import User


@admin.register(User)
class AccountAdmin(UserAdmin):  # type: ignore[type-arg]
    """Accounts and guests. Their pictures are theirs: an owner of pictures cannot be deleted here."""

    list_display = ("__str__", "is_guest", "is_staff", "is_active", "date_joined", "last_login")
    list_filter = ("is_guest", "is_staff", "is_active")
    readonly_fields = ("is_guest", "date_joined", "last_login")
    ordering = ("-date_joined",)
    show_full_result_count = False
