"""What each error is called as a problem (RFC 9457), on the command line and over HTTP alike: a type that never changes, and a status.

The types are URNs, for they name and need not lead anywhere: `urn:syncd:problem:refused`. docs/http.md lists them.
"""

from dataclasses import dataclass
from http import HTTPStatus

from connectors.interface import ConnectorError, NoAccess, SignInRefused, Unreachable
from store.errors import StoreError, StoreNotPermitted
from syncd.errors import (
    ConfigInvalid,
    Invalid,
    KeyUsed,
    NotPermitted,
    NotYet,
    OtherVersion,
    Refused,
    SecretUnavailable,
    TokenRefused,
    TooOften,
    Unknown,
    WrongUse,
)

URN = "urn:syncd:problem:"


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """What an error is called, and its HTTP status."""

    name: str
    status: HTTPStatus

    @property
    def type(self) -> str:
        """The `type` of the problem."""
        return URN + self.name


INVALID = ProblemKind("invalid", HTTPStatus.UNPROCESSABLE_ENTITY)
STORE = ProblemKind("store", HTTPStatus.SERVICE_UNAVAILABLE)
FAILED = ProblemKind("failed", HTTPStatus.INTERNAL_SERVER_ERROR)

KINDS: tuple[tuple[type[Exception], ProblemKind], ...] = (
    (Unknown, ProblemKind("unknown", HTTPStatus.NOT_FOUND)),
    (OtherVersion, ProblemKind("version", HTTPStatus.PRECONDITION_FAILED)),
    (KeyUsed, ProblemKind("key-used", HTTPStatus.CONFLICT)),
    (Invalid, INVALID),
    (Refused, ProblemKind("refused", HTTPStatus.CONFLICT)),
    (WrongUse, INVALID),
    (TokenRefused, ProblemKind("token", HTTPStatus.UNAUTHORIZED)),
    (NotPermitted, ProblemKind("not-permitted", HTTPStatus.FORBIDDEN)),
    (SecretUnavailable, ProblemKind("secret", HTTPStatus.FORBIDDEN)),
    (TooOften, ProblemKind("too-often", HTTPStatus.TOO_MANY_REQUESTS)),
    (NotYet, ProblemKind("not-yet", HTTPStatus.SERVICE_UNAVAILABLE)),
    (ConfigInvalid, ProblemKind("configuration", HTTPStatus.INTERNAL_SERVER_ERROR)),
    (StoreNotPermitted, ProblemKind("not-permitted", HTTPStatus.FORBIDDEN)),
    (StoreError, STORE),
    (SignInRefused, ProblemKind("sign-in", HTTPStatus.FORBIDDEN)),
    (NoAccess, ProblemKind("sign-in", HTTPStatus.FORBIDDEN)),
    (Unreachable, ProblemKind("unreachable", HTTPStatus.BAD_GATEWAY)),
    (ConnectorError, ProblemKind("calendar-server", HTTPStatus.BAD_GATEWAY)),
)
"""The first that an error is one of counts, so the narrower stand before the wider."""


def kind_of(error: BaseException) -> ProblemKind:
    """What this error is as a problem: the only place where that is decided."""
    return next((kind for one, kind in KINDS if isinstance(error, one)), FAILED)


def places_of(error: BaseException) -> tuple[tuple[str, str], ...]:
    """(path, message) of each thing that is wrong, where the error knows where."""
    if isinstance(error, ConfigInvalid):
        return tuple((": ".join(filter(None, (one.file, one.key))), one.message) for one in error.problems)
    return ((error.field, error.message),) if isinstance(error, Invalid) and error.field else ()
