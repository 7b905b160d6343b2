"""Signing in with a token, and out again. The form carries a mark too, so that nobody is signed in as somebody else unawares."""

import secrets

from fastapi import Response

from syncd.actions import sessions
from syncd.errors import TokenRefused
from syncd.web.pages import guard
from syncd.web.pages.doorway import Doorway, Knock
from syncd.web.pages.frame import see
from syncd.web.pages.visit import Visit

REFUSED = 401
MINUTES = 30
"""How long the form is good for."""


def routes(door: Doorway) -> None:
    """GET and POST /sign-in, POST /sign-out."""
    door.open("/sign-in", "GET", _ask)
    door.open("/sign-in", "POST", _sign_in)
    door.form("/sign-out", lambda visit: _sign_out(door, visit), scope="read")


def _ask(knock: Knock, *, refused: str = "", status: int = 200) -> Response:
    door, request = knock.door, knock.request
    once = request.cookies.get(_once(door), "") or secrets.token_urlsafe(32)
    then = guard.inside(request.query_params.get("then", "") or knock.form.get("then", "") or "/")
    page = door.frame.page(
        None, "sign_in.html", code=status, mark=sessions.mark_of(once), then=then, refused=refused,
        from_elsewhere=request.headers.get("sec-fetch-site") == "cross-site",
    )  # fmt: skip
    page.set_cookie(
        _once(door), once, max_age=MINUTES * 60, path="/sign-in" if not door.https else "/", secure=door.https,
        httponly=True, samesite="strict",
    )  # fmt: skip
    return page


def _sign_in(knock: Knock) -> Response:
    door, form = knock.door, knock.form
    once = knock.request.cookies.get(_once(door), "")
    if not once or not sessions.is_mark_of(once, form.get("mark", "")):
        return _ask(knock, refused="form", status=REFUSED)
    try:
        held = sessions.sign_in(door.ctx, form.get("token", "").strip())
    except TokenRefused:
        return _ask(knock, refused="token", status=REFUSED)
    return door.holding(see(guard.inside(form.get("then", ""))), held)


def _sign_out(door: Doorway, visit: Visit) -> Response:
    sessions.sign_out(door.ctx, visit.held)
    gone = see("/sign-in")
    gone.delete_cookie(door.cookie, path="/", secure=door.https, httponly=True, samesite="strict")
    return gone


def _once(door: Doorway) -> str:
    """The name of what the browser holds between the form and its being sent."""
    return f"{door.cookie}-sign-in"
