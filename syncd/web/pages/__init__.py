"""The page: what operators and agents look at and act on, as HTML from the server (Jinja2), with no script at all.

`doorway` is what every request passes: session, the mark of forms, headers; `guard` what it looks at; `wrong` what is said where no
page is. `visit` is a request as
a page sees it, `frame` makes HTML of an answer, `telling` and `drawing` make words and pictures of values, `menu` says what can
be done with a meeting. Every other file is a page. The texts stand in `templates/words.en.toml`.
"""

from fastapi import Response

from syncd.actions.context import Context
from syncd.web.pages import assign, changes, health, meeting, meetings, people, sign_in
from syncd.web.pages.doorway import Doorway, Knock
from syncd.web.pages.frame import Frame, the_frame
from syncd.web.rates import Rates


def doorway(ctx: Context, rates: Rates, visitor: int | None = None) -> Doorway:
    """The way in to all pages, for a daemon's context. `visitor`: the token as which those on this machine are let in (the demo)."""
    frame = the_frame()
    door = Doorway(ctx, frame, rates, visitor)
    for page in (sign_in, meetings, meeting, changes, assign, people, health):
        page.routes(door)
    door.open("/static/{name}", "GET", lambda knock: _file(frame, knock))
    return door


def _file(frame: Frame, knock: Knock) -> Response:
    return frame.file(knock.request.path_params["name"])
