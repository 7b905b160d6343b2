"""Signing in at the page: a token is shown once, and from then on the browser holds a session in its place.

A session is 256 random bits; the store keeps their SHA-256 only. It ends after 12 hours, on signing out, and at once when
its token is revoked, expires or loses its agent: that is looked at on every request. Where a reverse proxy signs people in,
there are no sessions: each request says who asks. The mark against forged forms (OWASP,
"Cross-Site Request Forgery Prevention", HMAC based) follows from those bits, so it belongs to this session and to no other.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta

from store import agents, sessions
from store.model import Session
from syncd import logs
from syncd.actions import tokens
from syncd.actions.context import Context
from syncd.actions.tokens import Caller
from syncd.errors import NotPermitted, TokenRefused
from syncd.rules.text import clean

LONGEST_NAME = 254
"""Of a person whom a proxy names: as long as a mail address can be."""

LASTS = timedelta(hours=12)
"""A working day."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who is signed in, and the mark that each of their forms carries."""

    caller: Caller
    mark: str


def sign_in(ctx: Context, secret: str) -> str:
    """What the browser is to hold from now on. Raises `TokenRefused` as `tokens.who` does."""
    caller = tokens.who(ctx, secret)
    return _begin(ctx, tokens.number_of(secret), caller)


def let_in(ctx: Context, number: int) -> str:
    """Likewise for whoever needs not show this token: the demo's visitors. Raises `TokenRefused`."""
    with ctx.store.reading() as tx:
        caller = tokens.still(tx, number, ctx.clock())
    return _begin(ctx, number, caller)


def _begin(ctx: Context, number: int, caller: Caller) -> str:
    held, now = secrets.token_urlsafe(32), ctx.clock()
    with ctx.store.writing() as tx:
        sessions.tidy(tx, now)
        sessions.add(tx, _digest(held), Session(number, now, now + LASTS))
    logs.info("signed_in", token=number, agent=caller.agent)
    return held


def signed_in(ctx: Context, held: str) -> SignedIn:
    """Who comes with what a browser holds. Raises `TokenRefused`: no session, or one that is over, or its token is."""
    now = ctx.clock()
    with ctx.store.reading() as tx:
        found = sessions.session(tx, _digest(held))
        if found is None or found.expires_at <= now:
            raise TokenRefused("nobody is signed in here", "sign in with a token")
        return SignedIn(tokens.still(tx, found.token, now), mark_of(held))


def known_by_proxy(ctx: Context, name: str, held: str) -> SignedIn:
    """Whom a trusted proxy names: an operator, or the agent of this id or address. Raises `NotPermitted` for anybody else.

    There is no session then; what the browser holds only gives the mark, together with the name.
    """
    mark, name = mark_of(f"{held}\n{name}"), clean(name, LONGEST_NAME)
    if name.casefold() in {one.casefold() for one in ctx.config.http.operators}:
        return SignedIn(Caller(name, "write"), mark)
    with ctx.store.reading() as tx:
        agent = agents.known_as(tx, name)
    if agent is None:
        raise NotPermitted("the proxy names somebody who is neither an operator nor an agent here")
    return SignedIn(Caller(name, "write", agent.id), mark)


def sign_out(ctx: Context, held: str) -> None:
    """End the session; no mistake if there is none."""
    with ctx.store.writing() as tx:
        sessions.end(tx, _digest(held))


def mark_of(held: str) -> str:
    """The mark of forms made for whoever holds this; nothing about it can be learnt from the mark."""
    return hmac.new(
        held.encode(errors="surrogatepass"), b"syncd: a form of this session", hashlib.sha256
    ).hexdigest()


def is_mark_of(held: str, mark: str) -> bool:
    """Was the form made for whoever holds this?"""
    return is_mark(mark_of(held), mark)


def is_mark(wanted: str, mark: str) -> bool:
    """Does a form carry this mark? Compared in constant time."""
    return hmac.compare_digest(wanted.encode(), mark.encode(errors="surrogatepass"))


def _digest(held: str) -> str:
    return hashlib.sha256(held.encode(errors="surrogatepass")).hexdigest()
