"""Addresses of share links."""

from django.urls import path, re_path

from gallery.sharing import owner_views, receiver_views

urlpatterns = [
    path("links/", owner_views.links, name="links"),
    path("links/<uuid:pk>/change", owner_views.link_change, name="link_change"),
    path("links/<uuid:pk>/renew", owner_views.link_renew, name="link_renew"),
    path("links/<uuid:pk>/approve", owner_views.link_approve, name="link_approve"),
    path("links/<uuid:pk>/revoke", owner_views.link_revoke, name="link_revoke"),
    path("s/<str:token>", receiver_views.share, name="share"),
    path("s/<str:token>/preview.jpg", receiver_views.share_preview, name="share_preview"),
    re_path(r"^[sS]/(?P<token>[\s\S]+)$", receiver_views.share, name="share_as_chats_write_it"),
    path("shared/<uuid:pk>/", receiver_views.shared, name="shared"),
    path("shared/<uuid:pk>/state", receiver_views.shared_state, name="shared_state"),
    path("shared/<uuid:pk>/unlock", receiver_views.shared_unlock, name="shared_unlock"),
    path("shared/<uuid:pk>/pictures.zip", receiver_views.shared_zip, name="shared_zip"),
    path("shared/<uuid:pk>/<uuid:image>/heart", receiver_views.shared_heart, name="shared_heart"),
    path("shared/<uuid:pk>/<uuid:image>/report", receiver_views.shared_report, name="shared_report"),
    path("shared/<uuid:pk>/<uuid:image>/<str:size>", receiver_views.shared_bytes, name="shared_bytes"),
]
