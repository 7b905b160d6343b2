"""`syncd demo`: the daemon on its embedded default, until Ctrl-C or SIGTERM.

It prints where everything is, so that any calendar program (CalDAV, RFC 4791) and the command line can be tried on it.
"""

import sys
from datetime import timedelta
from pathlib import Path

from store.model import Meeting
from syncd import logs
from syncd.actions import accept, changes
from syncd.actions.context import Context
from syncd.demo import plans
from syncd.demo.days import span
from syncd.demo.ending import Stopped, stoppable
from syncd.demo.people import BRAM, CALENDARS, OUTLOOK, PEOPLE
from syncd.demo.stage import BY, Served, Stage, daemon, stage
from syncd.demo.telling import Teller

INTERVAL = timedelta(seconds=5)
"""How often the daemon looks at the calendars: soon enough for somebody who tries it out."""


def serve(listen: str = "127.0.0.1:8420", *, outlook: bool = False) -> int:
    """Run until told to stop: 0 then, 1 if the calendar server ended by itself. Leaves nothing running or on disk.

    `listen` is what the configuration says of the page and the JSON interface; `outlook`: with half of the agents on a
    fake Microsoft Graph. Raises `ServerMissing` when the calendar
    server is not installed.
    """
    logs.set_up()
    teller = Teller()
    try:
        with (
            stoppable(),
            stage(listen=listen, interval=INTERVAL, outlook=outlook) as on,
            daemon(on) as served,
        ):
            _tell(teller, on, served, _plan(on, served.ctx))
            code = on.server.wait()
            teller.failed(f"the calendar server ended by itself (exit code {code}); the demo ends with it")
            return 1
    except Stopped:
        teller.say()
        teller.say("stopped; nothing is left running or on disk")
        return 0


def _plan(on: Stage, ctx: Context) -> list[Meeting]:
    planned = (plans.advice(on.days), plans.review(on.days))
    return [accept.accept(ctx, changes.plan(meeting, by=BY)).meeting for meeting in planned]


def _tell(teller: Teller, on: Stage, served: Served, planned: list[Meeting]) -> None:
    teller.title("syncd demo: the daemon, a local calendar server, and six example agents")
    if served.address:
        teller.say(f"page             http://{served.address}/  (on this machine nobody has to sign in)")
        teller.say(f"token            {served.token}  (for the HTTP interface, or to sign in from elsewhere)")
    teller.say(f"calendar server  {on.server.url}  (CalDAV; open it with any calendar program)")
    teller.say(f"configuration    {on.configuration}")
    teller.say()
    if on.graph is not None:
        teller.say(
            f"Microsoft Graph  {on.graph.graph_url}  (a fake; account [accounts.{OUTLOOK}] of the configuration)"
        )
    people = [
        (on.login_of(one), on.logins.get(one.id, "-"), one.name, one.zone, one.group, ", ".join(CALENDARS))
        for one in PEOPLE
    ]
    teller.table(("Login", "Password", "Agent", "Zone", "Group", "Calendars"), people)
    teller.say()
    meetings = [(one.id, one.title, span(one.start, one.end), one.agent) for one in planned]
    teller.table(("Meeting", "Title", "When (office time)", "Agent"), meetings)
    teller.say()
    teller.say("Try in another terminal:")
    first = plans.FIRST
    for line in (
        "status",
        f"candidates {first}",
        f"meeting assign {first} --to {BRAM.id}",
        f"meeting show {first}",
        f"busy {BRAM.id}",
    ):
        teller.say(f"  {_command()} --config {on.configuration} {line}")
    teller.say()
    teller.say(
        "Change a calendar, and within seconds the answers change. Ctrl-C ends the demo and removes everything."
    )


def _command() -> str:
    """How this very syncd is called."""
    called = Path(sys.argv[0])
    return str(called) if called.name == "syncd" else f"{sys.executable} -m syncd"
