"""A setting that cannot be used: told by its name, never by its value, which may be a secret."""


class SettingError(SystemExit):
    """Uncaught it ends the process: Python prints its one line, and no traceback that could show a value."""

    def __init__(self, name: str, says: str) -> None:
        super().__init__(f"{name} {says}")
        self.says = says
