"""Tokens: what lets a program, or a person at the page, in over HTTP; made, listed, revoked, and asked who comes with one.

A token is `syncd_NUMBER_SECRET`, where the secret has 256 bits from the system's generator. Kept is the SHA-256 of the whole:
such a secret can't be guessed, so nothing slower is needed (OWASP, "Password Storage", says when it is). The number finds
the row, and the digests are compared in constant time.
"""

import hashlib
import hmac
import re
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError

from store import agents, tokens
from store.database import Tx
from store.errors import StoreUnavailable
from store.model import Token, TokenScope
from syncd import logs
from syncd.actions.context import Context
from syncd.actions.named import known_agent
from syncd.errors import Refused, TokenRefused, Unknown
from syncd.rules.text import clean

RANK: dict[TokenScope, int] = {"read": 0, "write": 1, "admin": 2}
USE_KEPT_EVERY = timedelta(minutes=1)
"""A platform asks many times a second, and each kept use is a commit."""

LONGEST_NAME = 64
_FORM = re.compile(r"syncd_([1-9][0-9]{0,17})_[A-Za-z0-9_-]{43}", re.ASCII)
_OF_ITSELF = re.compile(r"token \d+", re.IGNORECASE)
_NEW = "make a new one: syncd token create --scope read"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the token's name, how far it reaches, and the agent it is bound to (None: an operator)."""

    name: str
    scope: TokenScope
    agent: str | None = None

    def may(self, scope: TokenScope) -> bool:
        """Does the token reach that far? Each scope includes those before it."""
        return RANK[self.scope] >= RANK[scope]


@dataclass(frozen=True, slots=True)
class Created:
    """A new token with its secret, which is to be had this once."""

    token: Token
    secret: str


def create_token(
    ctx: Context, scope: TokenScope, *, by: str, agent: str | None = None, name: str | None = None,
    lasts: timedelta | None = None,
) -> Created:  # fmt: skip
    """Make a token; without `lasts` it is good until it is revoked. Raises `Unknown` for an agent, or `Refused`."""
    if agent is not None and scope == "admin":
        raise Refused("a token of scope admin can't be bound to an agent", "scope write is enough for one")
    now = ctx.clock()
    wanted = Token(0, _name(name), scope, agent, by, now, _end(now, lasts))
    try:
        with ctx.store.writing() as tx:
            if agent is not None:
                known_agent(tx, agent)
            made = _keep(tx, wanted)
    except IntegrityError as error:
        raise Refused(
            f"there is, or was, a token named {wanted.name!r}", "the journal tells tokens by name"
        ) from error
    logs.info("token_created", token=made.token.id, scope=scope, agent=agent, by=by)
    return made


def _keep(tx: Tx, wanted: Token) -> Created:
    kept = tokens.add(tx, wanted)
    secret = f"syncd_{kept.id}_{secrets.token_urlsafe(32)}"
    tokens.set_digest(tx, kept.id, _digest(secret))
    return Created(kept, secret)


def _name(name: str | None) -> str | None:
    if name is None:
        return None
    cleaned = clean(name)
    if not cleaned or len(cleaned) > LONGEST_NAME or _OF_ITSELF.fullmatch(cleaned):
        raise Refused(
            f"{cleaned!r} can't be a token's name", f"1 to {LONGEST_NAME} characters, and not like 'token 7'"
        )
    return cleaned


def _end(now: datetime, lasts: timedelta | None) -> datetime | None:
    if lasts is not None and lasts <= timedelta(0):
        raise Refused("a token that expires at once lets nobody in", "give it a longer time, such as 90d")
    return None if lasts is None else now + lasts


def token_list(ctx: Context) -> list[Token]:
    """All tokens, also those that are over."""
    with ctx.store.reading() as tx:
        return tokens.tokens(tx)


def revoke_token(ctx: Context, number: int, *, by: str) -> Token:
    """From now on it lets nobody in; again is no mistake. Raises `Unknown`."""
    with ctx.store.writing() as tx:
        changed = tokens.revoke(tx, number, ctx.clock())
        token = tokens.token(tx, number)
    if token is None:
        raise Unknown(f"there is no token {number}", "syncd token list shows those there are")
    if changed:
        logs.info("token_revoked", token=number, by=by)
    return token


# ---------------------------------------------------------------------------------------------------------------------


def who(ctx: Context, secret: str) -> Caller:
    """Who comes with this secret. Raises `TokenRefused`: unknown, expired, revoked, or its agent is gone."""
    now = ctx.clock()
    with ctx.store.reading() as tx:
        token = _genuine(tx, secret)
        caller = _caller(tx, token, now)
    if token.last_used_at is None or now - token.last_used_at >= USE_KEPT_EVERY:
        # A store that can be read but not written at the moment turns nobody away; the next use is kept.
        with suppress(StoreUnavailable), ctx.store.writing() as tx:
            tokens.note_use(tx, token.id, now, USE_KEPT_EVERY)
    return caller


def still(tx: Tx, number: int, now: datetime) -> Caller:
    """Who once came with the secret of this token, if it would let them in now. Raises `TokenRefused`."""
    token = tokens.token(tx, number)
    if token is None:
        raise TokenRefused("this token is not known here", _NEW)
    return _caller(tx, token, now)


def number_of(secret: str) -> int:
    """Which token this is the secret of, by what it says itself: `who` decides whether that is so. 0: none."""
    form = _FORM.fullmatch(secret)
    return int(form[1]) if form else 0


def _caller(tx: Tx, token: Token, now: datetime) -> Caller:
    _refuse_if_over(token, now)
    _refuse_without_agent(tx, token)
    return Caller(token.label, token.scope, token.agent)


def _genuine(tx: Tx, secret: str) -> Token:
    token, known = tokens.with_digest(tx, number_of(secret))
    same = hmac.compare_digest(known.encode(), _digest(secret).encode())
    if token is None or not same:
        raise TokenRefused("this token is not known here", _NEW)
    return token


def _refuse_if_over(token: Token, now: datetime) -> None:
    if token.revoked_at is not None:
        raise TokenRefused("this token was revoked", _NEW)
    if token.expires_at is not None and token.expires_at <= now:
        raise TokenRefused("this token has expired", _NEW)


def _refuse_without_agent(tx: Tx, token: Token) -> None:
    agent = agents.agent(tx, token.agent) if token.agent is not None else None
    if token.agent is not None and (agent is None or agent.removed_at is not None):
        raise TokenRefused("the agent of this token is no longer configured", _NEW)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()
