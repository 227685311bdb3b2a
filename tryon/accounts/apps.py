"""The app of the user model."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "tryon.accounts"
    label = "accounts"
    verbose_name = "Accounts"
