"""The demo with half of its agents in Outlook: their calendars say the same there, and it serves until it is told to end."""

import re
from datetime import datetime
from pathlib import Path

import pytest
import requests
from test_demo import ENDS_WITHIN, MOMENTS, demo, left_behind, lines_until

from syncd.config import load
from syncd.demo import calendars, people
from syncd.demo.days import Days
from syncd.demo.graph import FakeGraph, serve
from syncd.demo.mailboxes import Mailboxes
from syncd.demo.people import IN_OUTLOOK

SHOWN = {"busy": "busy", "tentative": "tentative", "out_of_office": "oof"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "temporary"
    made.mkdir()
    return made


@pytest.mark.parametrize("now", MOMENTS, ids=str)
def test_the_mailboxes_hold_what_the_story_expects_on_any_day(now: datetime) -> None:
    days, fake = Days.around(now), FakeGraph(now)
    with serve(fake, bell=False) as running:
        mailboxes = Mailboxes(running)
        mailboxes.open(person.id for person in IN_OUTLOOK)
        for person in IN_OUTLOOK:
            mine = [entry for entry in calendars.entries(days) if entry.person is person]
            texts = {name: [one.text for one in mine if one.calendar == name] for name in people.CALENDARS}
            mailboxes.add_calendars(person.id, texts)
            assert shown(fake, person.email, days) == expected(days, person.id)
        mailboxes.close()
    assert [mail.kind for mail in fake.mails if mail.to != "host@example.net"] == ["invitation", "invitation"]


def shown(fake: FakeGraph, mailbox: str, days: Days) -> list[tuple[str, datetime, datetime]]:
    """What stands in the way of the story's meeting in the calendars of a mailbox, by name."""
    names = {
        folder.name: fake.state.found(mailbox).folder_id(folder)
        for folder in fake.state.found(mailbox).folders.values()
    }
    found = [
        one for name in people.CALENDARS for one in fake.busy(mailbox, days.start, days.end, names[name])
    ]
    return [(one.show_as, one.start, one.end) for one in found if one.show_as != "free"]


def expected(days: Days, agent: str) -> list[tuple[str, datetime, datetime]]:
    obstacle = calendars.expected(days)[agent]
    return [] if obstacle is None else [(SHOWN[obstacle.status], obstacle.start, obstacle.end)]


def test_serving_it_says_where_the_fake_is_and_what_its_account_looks_like(folder: Path) -> None:
    with demo(folder, "--outlook", "--listen", "127.0.0.1:0") as process:
        told = "".join(lines_until(process, "Ctrl-C"))
        url = re.search(r"https://127\.0\.0\.1:\d+/v1\.0", told)
        config = re.search(r"configuration +(\S+)", told)
        assert url is not None
        assert config is not None
        account = load(Path(config[1])).accounts["outlook"]
        assert (account.kind, account.graph_url) == ("outlook", url[0])
        answer = requests.get(
            f"{url[0]}/users/bram@example.com/calendars", verify=account.ca_file, timeout=10
        )
        assert answer.status_code == requests.codes.unauthorized
        process.terminate()
        process.communicate(timeout=ENDS_WITHIN)
    assert process.returncode == 0
    assert left_behind(folder) == ([], [])
