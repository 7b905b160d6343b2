"""The errors syncd raises, named by what they ask of the operator, and the exit code that belongs to each.

The codes follow sysexits.h where it has a word for the case: 64 wrong use, 69 unreachable, 75 try later, 77 permission
or sign-in, 78 configuration; 1 is everything that failed or was refused. A message says what is wrong and where, the
hint what to do; neither ever holds a secret.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import ClassVar

from connectors.interface import ConnectorError, NoAccess, SignInRefused, Unreachable
from store.errors import Fenced, NewerSchema, NotMigrated, StoreNotPermitted, StoreUnavailable


class SyncdError(Exception):
    """Something syncd will not or can not do. `code` is the exit code of a command that ends with it."""

    code: ClassVar[int] = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class Refused(SyncdError):
    """A rule forbids it."""


class Unknown(Refused):
    """There is no such meeting, agent, group or delivery."""


class OtherVersion(Refused):
    """The meeting is at another version than the one that was asked for: somebody was faster."""


class KeyUsed(Refused):
    """The idempotency key belongs to another change."""


class Invalid(Refused):
    """What was asked for is wrong in itself, whatever the meeting. `field`: its path (`guests[0].email`), or ""."""

    def __init__(self, message: str, hint: str = "", *, field: str = "") -> None:
        super().__init__(message, hint)
        self.field = field


class WrongUse(SyncdError):
    """The command was asked for in a way that makes no sense."""

    code = 64


class NotYet(SyncdError):
    """Accepted, but not delivered in the time given: try again later."""

    code = 75


class TooOften(SyncdError):
    """Asked for more often than is allowed: again after `wait` seconds."""

    code = 75

    def __init__(self, message: str, hint: str = "", *, wait: int = 1) -> None:
        super().__init__(message, hint)
        self.wait = wait


class NotPermitted(SyncdError):
    """A right is missing, or there are too many: a secret file that others can read."""

    code = 77


class TokenRefused(NotPermitted):
    """No token, or one that lets nobody in: unknown, expired or revoked."""


class SecretUnavailable(SyncdError):
    """A secret that can't be had from here: only the service sees it, or its file or variable is missing."""

    code = 77


@dataclass(frozen=True, slots=True)
class ConfigProblem:
    """One thing wrong in a configuration file: `key` is its path there (`agents[2].calendars[0].account`), or ""."""

    file: str
    key: str
    message: str

    def __str__(self) -> str:
        return ": ".join(part for part in (self.file, self.key, self.message) if part)


class ConfigInvalid(SyncdError):
    """The configuration can't be used. `problems` are all that were found; the message has one a line."""

    code = 78

    def __init__(self, problems: Iterable[ConfigProblem], hint: str = "") -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)), hint)


_CODES: tuple[tuple[type[BaseException], int], ...] = (
    (Unreachable, 69),
    (SignInRefused, 77),
    (NoAccess, 77),
    (ConnectorError, 1),
    (StoreUnavailable, 75),
    (Fenced, 75),
    (StoreNotPermitted, 77),
    (NotMigrated, 78),
    (NewerSchema, 78),
)


def exit_code(error: BaseException) -> int:
    """The exit code of a command that ends with this error: the only place where that is decided."""
    if isinstance(error, SyncdError):
        return error.code
    return next((code for kind, code in _CODES if isinstance(error, kind)), 1)


def worst_code(codes: Collection[int]) -> int:
    """With which of several exit codes a command ends: what a person must put right goes before what may pass by itself."""
    return next((code for code in (77, 69, 1) if code in codes), max(codes, default=0))
