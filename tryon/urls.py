"""Every address of the site."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from tryon.review import desk, figures, sheet
from tryon.web.views import bytes as picture_bytes
from tryon.web.views import (
    gallery,
    health,
    save_to_wardrobe,
    site,
    studio,
    tryons,
    undo,
    wardrobe,
)
from tryon.web.views.account import join, mails, my_data, overview
from tryon.web.views.account.address import address
from tryon.web.views.privacy import privacy

handler500 = "tryon.web.views.errors.page"
urlpatterns = [
    path("", studio.studio, name="studio"),
    path("references/", studio.upload_reference, name="references"),
    path("references/<uuid:pk>/delete", wardrobe.reference_delete, name="reference_delete"),
    path("references/<uuid:pk>/describe", wardrobe.reference_describe, name="reference_describe"),
    path("references/<uuid:pk>/<str:size>", picture_bytes.reference_bytes, name="reference_bytes"),
    path("tryons/<uuid:pk>/", tryons.tryon, name="tryon"),
    path("tryons/<uuid:pk>/status", tryons.status, name="tryon_status"),
    path("tryons/<uuid:pk>/delete", tryons.delete, name="tryon_delete"),
    path("tryons/<uuid:pk>/cancel", tryons.cancel, name="tryon_cancel"),
    path("news", tryons.news, name="news"),
    path("generations/<uuid:pk>/again", tryons.again, name="generation_again"),
    path("wardrobe/", wardrobe.wardrobe, name="wardrobe"),
    path("undo/<uuid:press>", undo.take_back, name="undo"),
    path("gallery/", gallery.gallery, name="gallery"),
    path("gallery/download", gallery.gallery_download, name="gallery_download"),
    path("gallery/delete", gallery.gallery_delete, name="gallery_delete"),
    path("gallery/<uuid:pk>/", gallery.image, name="image"),
    path("gallery/<uuid:pk>/delete", gallery.image_delete, name="image_delete"),
    path("gallery/<uuid:pk>/favourite", gallery.image_favourite, name="image_favourite"),
    path("gallery/<uuid:pk>/mend", tryons.mend, name="image_mend"),
    path("gallery/<uuid:pk>/keep", save_to_wardrobe.image_keep, name="image_keep"),
    path("gallery/<uuid:pk>/<str:size>", gallery.image_bytes, name="image_bytes"),
    path("looks/<uuid:pk>", site.sample_look, name="sample_look"),
    path("site/<str:name>.css", site.sheet, name="site_sheet"),
    path("site/<str:digest>/<int:times>.webp", site.logo, name="site_logo"),
    path("site/<str:digest>/<str:name>.png", site.icon, name="site_icon"),
    path("site.webmanifest", site.manifest, name="site_manifest"),
    path("review/", desk.desk, name="review"),
    path("review/sheet/", sheet.sheet, name="review_sheet"),
    path("review/claims", desk.claims, name="review_claims"),
    path("review/<uuid:pk>/", desk.picture, name="review_image"),
    path("review/<uuid:pk>/again", desk.make_again, name="review_mend"),
    path("review/figures/", figures.figures, name="review_figures"),
    path("privacy/", privacy, name="privacy"),
    path("my-data/", my_data.my_data, name="my_data"),
    path("my-data/download", my_data.download, name="my_data_download"),
    path("my-data/delete", my_data.delete, name="my_data_delete"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.prometheus_metrics, name="metrics"),
    path("", include("gallery.urls")),
    path("accounts/settings/", overview.overview, name="account_settings"),
    path("accounts/settings/name", overview.rename, name="account_name"),
    path("accounts/settings/browsers", overview.end_sessions, name="account_browsers"),
    path("accounts/join/", join.join, name="account_join"),
    path("accounts/email/", address, name="account_email"),
    path("accounts/mails/", mails.choices, name="account_mails"),
    path("accounts/mails/stop/<str:token>", mails.unsubscribe, name="unsubscribe"),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("accounts/", include("allauth.account.urls")),
    # The address that these pages had at first: bookmarks live.
    path("admin/tryon/line/", RedirectView.as_view(pattern_name="admin:tryon_circuitbreaker_changelist")),
    path("admin/", admin.site.urls),
]
