"""The words of choices are for people: the schema, and so the migrations, know nothing of them."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ModelState, ProjectState
from django.forms import modelform_factory
from django.urls import reverse

from gallery.models import Image
from gallery.models.fields import LabelledField
from tryon.models import Generation, Reference

OURS = ("gallery", "tryon")


def schema(label: str, length: int = 10) -> ProjectState:
    """What migrations know of a model with one choice of this label."""
    known = ProjectState()
    field = LabelledField(max_length=length, choices=[("sent", label)])
    known.add_model(ModelState("tryon", "Parcel", [("state", field)]))
    return known


def changes(before: ProjectState, after: ProjectState) -> dict:
    return MigrationAutodetector(before, after).changes(MigrationLoader(None).graph)


def test_to_reword_a_label_makes_no_migration():
    assert changes(schema("Sent"), schema("On its way")) == {}
    assert changes(schema("Sent"), schema("Sent", length=20))  # a column that changes does make one


@pytest.mark.parametrize("app", OURS)
def test_no_words_for_people_are_left_in_the_migrations(app):
    state = MigrationLoader(None).project_state()
    fields = [
        (f"{name}.{column}", field)
        for (label, name), model in state.models.items()
        for column, field in model.fields.items()
        if label == app and not field.primary_key
    ]
    assert fields
    assert [name for name, f in fields if f.choices or f.help_text or f._verbose_name] == []


def test_people_read_the_labels():
    assert Generation(status=Generation.Status.QUEUED).get_status_display() == "Waiting"
    assert Image(review=Image.Review.REJECTED).get_review_display() == "Not approved"


def test_forms_offer_the_labels_and_nothing_else():
    form = modelform_factory(Reference, fields=["kind"])
    assert ("garment", "Garment") in form().fields["kind"].choices
    assert not form({"kind": "car"}).is_valid()


def test_lists_are_filtered_by_the_labels(client, db):
    client.force_login(get_user_model().objects.create_superuser("boss", "boss@example.org"))
    page = client.get(reverse("admin:tryon_generation_changelist")).content.decode()
    assert "No picture made" in page
