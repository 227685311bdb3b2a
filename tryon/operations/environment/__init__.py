"""What the operator set, read strictly: a value is understood, or ends the start with the setting's name."""

import os

from tryon.operations.environment.env_file import load
from tryon.operations.environment.errors import SettingError
from tryon.operations.environment.reader import Environment

__all__ = ["Environment", "SettingError", "env", "load"]

env = Environment(os.environ)
