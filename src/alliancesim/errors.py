"""What a user can get wrong, said in one line (or one line a violation, for tables)."""

from __future__ import annotations

from collections.abc import Sequence


class SystemTerminated(BaseException):
    """SIGTERM: what is finished stays."""


class UserError(Exception):
    """A mistake in what the user gave: shown without traceback, exit status 2.

    Parameters
    ----------
    message : str
        One line that names the key, file or column, what was found and what was expected.
    details : sequence of str, optional
        One line a violation, for inputs such as tables that are checked as a whole.
    """

    def __init__(self, message: str, details: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.details = tuple(details)

    def __str__(self) -> str:
        return "\n".join((self.message, *(f"  {line}" for line in self.details)))
