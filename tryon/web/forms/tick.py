from __future__ import annotations

from typing import Any

from django import forms

TICKED = ("1", "on", "true", "yes")


class TickField(forms.BooleanField):
    """A box that was ticked, by nothing that could mean otherwise: Django takes `0` and `off` for a yes."""

    widget = forms.TextInput  # gives what was sent, where a checkbox gives whether anything was

    def to_python(self, value: Any) -> bool:
        return str(value).lower() in TICKED

    def bound_data(self, data: Any, initial: Any) -> bool:
        """As the page shows it again."""
        return self.to_python(data)
