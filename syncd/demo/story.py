"""`syncd demo --once`: the whole story of issue A in steps, each verified; 0 only if all of them are.

The daemon runs in this process on a temporary store, the calendar server beside it (`stage`). Everything is gone at the
end, also after Ctrl-C, SIGTERM or a step that failed.
"""

import logging
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

from caldav.lib.error import DAVError
from requests import RequestException

from connectors.interface import ConnectorError
from store.errors import StoreError
from syncd.demo.ending import Stopped, stoppable
from syncd.demo.people import CALENDARS, IN_OUTLOOK, PEOPLE, Person
from syncd.demo.scene import Scene, StepFailed
from syncd.demo.stage import Stage, daemon, stage
from syncd.demo.steps import STEPS
from syncd.demo.telling import Teller
from syncd.demo.watch import Watch
from syncd.errors import SyncdError
from syncd.logs import KeyValueFormatter

INTERVAL = timedelta(seconds=1)
"""How often the daemon looks at the calendars: the story should not have to wait."""

TAIL = 12
"""So many lines of the daemon's log are shown when a step fails."""

FAILURES = (StepFailed, SyncdError, ConnectorError, StoreError, DAVError, RequestException, OSError)
"""How a step can fail without being a defect of the demo itself."""


def once(*, outlook: bool = False) -> int:
    """Tell the story and check it: 0 if every step was verified, 1 if one was not, 128 + signal when stopped.

    `outlook`: with half of the agents on the fake Graph. Raises `ServerMissing` when the calendar server is not installed.
    """
    teller = Teller()
    try:
        with (
            stoppable(),
            stage(listen="127.0.0.1:0", interval=INTERVAL, outlook=outlook) as on,
            _log(on) as log,
        ):
            return _told(on, teller, log)
    except Stopped as stopped:
        teller.failed(f"\n{stopped}; everything is taken down")
        return 128 + stopped.number


def _told(on: Stage, teller: Teller, log: Path) -> int:
    began = time.monotonic()
    teller.title("syncd demo: the daemon, a local calendar server, and six example agents")
    teller.say(f"calendar server {on.server.url}, {len(PEOPLE)} agents with {len(CALENDARS)} calendars each")
    if on.graph is not None:
        teller.say(f"fake Microsoft Graph {on.graph.graph_url}, with the mailboxes of {_names(IN_OUTLOOK)}")
    with closing(Watch()) as watch, daemon(on, watch.open) as served:
        scene = Scene(on, served.ctx, watch, teller)
        failed = next((line for line in _steps(scene) if line), None)
        if failed:
            teller.failed(f"\n{failed}")
            _show_tail(teller, log)
            return 1
        seconds = time.monotonic() - began
    teller.title(
        f"\nAll {len(STEPS)} steps verified: {scene.verified} checks, {len(PEOPLE)} agents, "
        f"{len(PEOPLE) * len(CALENDARS)} calendars, {watch.requests} requests, {seconds:.1f} s"
    )
    return 0


def _names(people: Iterable[Person]) -> str:
    return ", ".join(person.name for person in people)


def _steps(scene: Scene) -> Iterator[str]:
    """One line for each step: empty if it was verified, else what failed."""
    for number, (title, step) in enumerate(STEPS, 1):
        scene.teller.step(number, len(STEPS), title)
        before = scene.verified
        try:
            step(scene)
        except FAILURES as failure:
            yield f"Step {number} failed ({title}): {failure}"
        else:
            yield "" if scene.verified > before else f"Step {number} verified nothing"


@contextmanager
def _log(on: Stage) -> Iterator[Path]:
    """The daemon's lines go to a file while the story is told."""
    path = on.folder / "daemon.log"
    handler = logging.FileHandler(path)
    handler.setFormatter(KeyValueFormatter(journal=False))
    root, own = logging.getLogger(), logging.getLogger("syncd")
    kept, level = root.handlers[:], own.level
    root.handlers[:] = [handler]
    own.setLevel(logging.INFO)
    try:
        yield path
    finally:
        root.handlers[:] = kept
        own.setLevel(level)
        handler.close()


def _show_tail(teller: Teller, log: Path) -> None:
    teller.say("the daemon's last lines:")
    for line in log.read_text(errors="replace").splitlines()[-TAIL:]:
        teller.say(line)
