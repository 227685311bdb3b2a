"""What every template can do with a label: a library that it need not load."""

from __future__ import annotations

from django.template import Library

from tryon.presenters.labels import in_sentence

register = Library()
register.filter("in_sentence", in_sentence)
