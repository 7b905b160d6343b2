"""`syncd mail preview`: what would be told, in files, and nothing sent or changed."""

from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import get_args

import pytest
from desks import Desk

from store.model import Notice

MAIL = '[mail]\nserver = "127.0.0.1:9"\nfrom = "Meetings <meetings@example.com>"\n'


@pytest.fixture
def planned(desk: Desk) -> Desk:
    desk.plan("m1", "--guest", "Eva <eva@example.org>", "--guest", "Hans <hans@example.org>")
    desk.config.write_text(desk.config.read_text() + MAIL)
    return desk


def test_each_reader_gets_a_file(planned: Desk, tmp_path: Path):
    found = planned.json("mail", "preview", "rescheduled", "m1", "--to", str(tmp_path))["items"]
    assert [one["to"] for one in found] == ["anna@example.com", "eva@example.org", "hans@example.org"]
    mail = message_from_bytes(Path(found[1]["eml"]).read_bytes(), policy=default)
    assert (mail["To"], mail["Subject"]) == ("Eva <eva@example.org>", found[1]["subject"])
    assert "has been moved" in Path(found[1]["html"]).read_text()
    assert planned.json("meeting", "show", "m1")["deliveries"] == []


def test_every_kind_can_be_looked_at(planned: Desk, tmp_path: Path):
    """As .eml, which mail programs open, and as HTML; guests' with an invitation, but for what is only a reminder."""
    for kind in get_args(Notice):
        for one in planned.json("mail", "preview", kind, "m1", "--to", str(tmp_path))["items"]:
            mail = message_from_bytes(Path(one["eml"]).read_bytes(), policy=default)
            kinds = {part.get_content_type() for part in mail.walk()}
            assert {"text/plain", "text/html"} <= kinds
            to_guest = one["to"] != "anna@example.com"
            assert ("text/calendar" in kinds) == (to_guest and kind != "starts-soon")
            assert "Talk" in Path(one["html"]).read_text()


def test_what_only_agents_are_told_goes_to_the_agent(planned: Desk, tmp_path: Path):
    said = planned.ok("mail", "preview", "handed-over", "m1", "--to", str(tmp_path)).out
    assert said.count("to ") == 1
    assert len(list(tmp_path.glob("*.eml"))) == 1


def test_that_somebody_took_over_is_told_to_who_had_it_before(planned: Desk, tmp_path: Path):
    show = ("mail", "preview", "handed-over", "m1", "--to", str(tmp_path))
    (nobody_yet,) = planned.json(*show)["items"]
    assert nobody_yet["to"] == "anna@example.com"
    planned.ok("meeting", "assign", "m1", "--to", "bert")
    (mail,) = planned.json(*show)["items"]
    assert mail["to"] == "anna@example.com"
    assert mail["subject"].startswith("Taken over by Bert Smit")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("nonsense", "m1"), 64, "there are: planned"),
        (("planned", "m2"), 1, "m2"),
        (("planned", "m1", "--to", "/nowhere"), 1, "--to"),
    ],
)
def test_what_can_not_be_written_is_told(planned: Desk, arguments: tuple[str, ...], code: int, said: str):
    ended = planned.run("mail", "preview", *arguments)
    assert ended.code == code
    assert said in ended.err


def test_what_nobody_needs_to_be_told_any_more_is_no_delivery_that_failed(desk: Desk):
    desk.config.write_text(desk.config.read_text() + MAIL)
    desk.plan()
    desk.ok("meeting", "cancel", "m1", "--reason", "ill")
    assert desk.ok("sync").out == "0 logins asked, 0 calendars read, 0 of 0 deliveries made\n"


def test_a_mail_to_a_guest_that_could_not_be_sent_is_told_as_that(desk: Desk):
    """Without the guest's address, which nobody needs to see there."""
    desk.config.write_text(desk.config.read_text() + MAIL)
    desk.plan("m1", "--guest", "Eva <eva@example.org>")
    outcome = desk.run("sync")
    assert outcome.code == 1
    assert [line for line in outcome.out.splitlines() if line.startswith("failed")] == [
        "failed: a guest: m1",
        "failed: anna: m1",
    ]


def test_without_mail_there_is_nothing_to_preview(desk: Desk, tmp_path: Path):
    desk.plan()
    outcome = desk.run("mail", "preview", "planned", "m1", "--to", str(tmp_path))
    assert outcome.code == 1
    assert "without [mail]" in outcome.err
    assert "owed" not in outcome.err
    assert list(tmp_path.glob("*.eml")) == []
