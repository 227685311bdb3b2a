"""The studio's forms: what was posted cleans to a request with its references, or to sentences."""

from tryon.web.forms.photo import PhotoForm
from tryon.web.forms.slot import PictureSlot, parse_uuid
from tryon.web.forms.studio import StudioForm

__all__ = ["PhotoForm", "PictureSlot", "StudioForm", "parse_uuid"]
