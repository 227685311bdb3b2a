"""The operator's side in the stock admin, one file for each part of the way."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.utils.functional import lazy

from tryon.admin import accounts, ai_models, connections, money, references, review, site, tryons, unknown
from tryon.models import Site

# Staff sign in at the site's own page, with its limits on attempts.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
admin.site.site_header = admin.site.site_title = lazy(lambda: Site.objects.current().title, str)()
admin.site.index_title = "Behind the scenes"

__all__ = [
    "accounts",
    "ai_models",
    "connections",
    "money",
    "references",
    "review",
    "site",
    "tryons",
    "unknown",
]
