"""kill -9 of the daemon in the very moment in which it accepts a change over HTTP: before, or after that is committed.

The platform hears nothing and asks again, with the same key, the daemon that is started next: it is one change, of every kind.
"""

import re
import signal
import time
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import requests
from caldavground import CalDavGround
from campaigns import ACTS, HANS, HOUR, START, Act, Campaign, on_caldav, plan
from killing import When, end, start_daemon
from mailboxes import Mailboxes
from servers import SECRET, CalDavServer

from store import meetings
from store.model import Change, MeetingStatus
from syncd.actions import changes
from syncd.actions.context import Context
from syncd.actions.tokens import create_token

LIVE = Act("status", (plan,), lambda meeting: changes.set_status(meeting, MeetingStatus.LIVE, by="test"))
MOVED = START + 3 * HOUR
GERDA = {"name": "Gerda", "email": "gerda@example.org"}
ASKED: dict[str, tuple[str, Callable[[str], dict[str, Any]]]] = {
    "plan": ("", lambda meeting: {
        "agent": "anna", "start": START.isoformat(), "end": (START + HOUR).isoformat(), "title": meeting, "guests": [GERDA],
    }),
    "invite": ("/guests", lambda _: {"name": HANS.name, "email": HANS.email, "language": "nl"}),
    "reschedule": ("/reschedule", lambda _: {"start": MOVED.isoformat(), "reason": "a traffic jam"}),
    "cancel": ("/cancel", lambda _: {"reason": "ill"}),
    "assign": ("/assign", lambda _: {"to": "ben"}),
    "status": ("/status", lambda _: {"status": "live"}),
}  # fmt: skip
"""Where the platform sends each change, and what."""

KINDS = {act.name: act for act in (*ACTS, LIVE) if act.name in ASKED}


CASES = tuple(product(KINDS, ("before", "after")))
DATABASES = tuple(("sqlite", "postgresql")[(number + number // 2) % 2] for number in range(len(CASES)))
"""So that each kind meets both, and each moment does."""


@pytest.fixture
def campaign(
    request: pytest.FixtureRequest, radicale: CalDavServer, mailboxes: Mailboxes, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, database: str,
) -> Iterator[Campaign]:  # fmt: skip
    store_url = request.getfixturevalue(f"new_{database}_url")()
    monkeypatch.setenv("SYNCD_TEST_SECRET", SECRET)
    with on_caldav(CalDavGround(radicale), mailboxes, store_url, tmp_path) as made:
        made.config.write_text(made.config.read_text().replace('listen = ""', 'listen = "127.0.0.1:0"'))
        yield made


@pytest.mark.long
@pytest.mark.parametrize(
    ("kind", "when", "database"), [(*case, one) for case, one in zip(CASES, DATABASES, strict=True)]
)
def test_killed_while_it_accepts_a_change_it_is_one_change_all_the_same(
    campaign: Campaign, kind: str, when: When, database: str
) -> None:
    act = KINDS[kind]
    meeting, before = campaign.begun(act), len(act.before)
    with campaign.context() as ctx:
        token = create_token(ctx, "write", by="test").secret
    killed = Serving(campaign, "killed", commit=1, when=when, of="INSERT INTO changes")
    with pytest.raises(requests.ConnectionError):
        killed.ask(act, meeting, token)
    assert killed.daemon.wait(30) == -signal.SIGKILL
    with campaign.context() as ctx:
        assert len(journal(ctx, meeting)) == before + (when == "after")
    heir = Serving(campaign, "heir")
    assert heir.ask(act, meeting, token).status_code in (200, 201)
    assert end(heir.daemon) == 0
    told = campaign.check(meeting)
    assert (told.meeting.version, len(told.changes)) == (before + 1, before + 1)


def journal(ctx: Context, meeting: str) -> list[Change]:
    with ctx.store.reading() as tx:
        return meetings.changes(tx, meeting)


class Serving:
    """A daemon that listens, and the platform that asks it."""

    def __init__(self, made: Campaign, name: str, **kill: Any) -> None:
        self.log = made.folder / f"{name}.log"
        self.daemon = start_daemon(made.config, self.log, **kill)

    @property
    def address(self) -> str:
        """Where it listens, as soon as it says so."""
        while self.daemon.poll() is None:
            if found := re.search(r"listening address=(\S+)", self.log.read_text()):
                return found[1]
            time.sleep(0.05)
        pytest.fail(self.log.read_text())

    def ask(self, act: Act, meeting: str, token: str) -> requests.Response:
        """Have the change made; raises ConnectionError when the daemon dies under it."""
        path, body = ASKED[act.name]
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": f"key-{meeting}"}
        with requests.Session() as session:
            session.trust_env = False
            send = session.put if act.name == "plan" else session.post
            url = f"http://{self.address}/v1/meetings/{meeting}{path}"
            return send(url, json=body(meeting), headers=headers, timeout=60)
