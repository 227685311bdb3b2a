"""Addresses of share links."""

from django.urls import path, re_path

from gallery import views

urlpatterns = [
    path("links/", views.links, name="links"),
    path("links/<uuid:pk>/revoke", views.link_revoke, name="link_revoke"),
    path("s/<str:token>", views.share, name="share"),
    path("s/<str:token>/preview.jpg", views.share_preview, name="share_preview"),
    re_path(r"^[sS]/(?P<token>[\s\S]+)$", views.share, name="share_as_chats_write_it"),
    path("shared/<uuid:pk>/", views.shared, name="shared"),
    path("shared/<uuid:pk>/<uuid:image>/<str:size>", views.shared_bytes, name="shared_bytes"),
]
