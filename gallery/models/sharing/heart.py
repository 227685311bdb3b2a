from __future__ import annotations

import uuid

from django.db import models

from gallery.models.sharing.share import SharedImage, ShareLink


class HeartQuerySet(models.QuerySet["Heart"]):
    def give(self, link: ShareLink, image: uuid.UUID, viewer: str) -> None:
        """Once, however often it is pressed."""
        shared = SharedImage.objects.get(link=link, image=image)
        self.get_or_create(shared_image=shared, viewer=viewer)

    def take_back(self, link: ShareLink, image: uuid.UUID, viewer: str) -> None:
        self.filter(shared_image__link=link, shared_image__image=image, viewer=viewer).delete()

    def images_of(self, link: ShareLink, viewer: str) -> set[uuid.UUID]:
        """The ids of the pictures of a link that this viewer gave one; none for a viewer without a name."""
        mine = self.filter(shared_image__link=link, viewer=viewer) if viewer else self.none()
        return set(mine.values_list("shared_image__image_id", flat=True))


class Heart(models.Model):
    """That somebody likes a picture of a link; `viewer` names a browser, at this link alone."""

    shared_image = models.ForeignKey(SharedImage, on_delete=models.CASCADE, related_name="given_hearts")
    viewer = models.CharField(max_length=32)

    objects = HeartQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shared_image", "viewer"], name="heart_once")]

    def __str__(self) -> str:
        return f"heart for {self.shared_image_id}"
