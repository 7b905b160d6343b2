"""What a mail says and how it is built: in the reader's language and zone, with an invitation that calendars understand."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import get_args

import pytest
from mailboxes import event_of, text_of

from store.model import Agent, Guest, Meeting, MeetingStatus, Notice, Told
from syncd.mail.letter import Letter, Reader, uid_of
from syncd.mail.message import address_of, message_of
from syncd.mail.wording import SHIPPED, TemplateBroken, Wording
from syncd.rules.drift import REASON

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
START = datetime(2026, 3, 2, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
ANNA = Agent("anna", "Anna de Vries", "anna@example.com", "Europe/Amsterdam", language="nl")
GERDA = Guest("Gerda Guest", "gerda@example.org", "en", "America/New_York")
MEETING = Meeting(
    "m1", 3, MeetingStatus.SCHEDULED, "anna", START, START + HOUR, "Mortgage talk", "https://meet.example.com/{guest}",
    agent_link="https://meet.example.com/host/{agent}", guests=(GERDA, Guest("", "hans@example.org")), reason="ill",
)  # fmt: skip
READER = Reader("guest", GERDA.name, GERDA.email, "en", "America/New_York")
HOST = Reader("agent", ANNA.name, ANNA.email, "en", ANNA.timezone)
SENDER = address_of("Meetings <meetings@example.com>")
BEFORE = Told("m1", "guest", GERDA.email, 1, "planned", "anna", START - HOUR, START, NOW)

NOTICES: dict[str, tuple[Notice, ...]] = {
    "guest": ("planned", "invited", "rescheduled", "cancelled", "assigned", "starts-soon"),
    "agent": get_args(Notice),
}
EVERY = [(role, notice) for role, all_of in NOTICES.items() for notice in all_of]


def letter(
    notice: Notice = "planned", reader: Reader = READER, meeting: Meeting = MEETING, told: Told | None = None
) -> Letter:
    return Letter(notice, reader, meeting, ANNA, told)


def mail_of(one: Letter, wording: Wording | None = None) -> EmailMessage:
    """The mail as it arrives."""
    said = (wording or Wording()).say(one)
    raw = message_of(one, said, SENDER, now=NOW).as_bytes()
    return message_from_bytes(raw, policy=default)  # type: ignore[return-value]  # as the policy makes it


@pytest.mark.parametrize("language", ["en", "nl", "de"])
@pytest.mark.parametrize(("role", "notice"), EVERY, ids=str)
def test_every_notice_has_words_in_every_language(role: str, notice: Notice, language: str) -> None:
    reader = replace(READER if role == "guest" else HOST, language=language)
    said = Wording().say(letter(notice, reader, told=BEFORE))
    assert MEETING.title in said.subject
    assert MEETING.title in said.text
    assert said.text.splitlines()[0] in said.html.replace("&#39;", "'")
    assert f'<html lang="{language}">' in said.html
    assert ("ill" in said.text.split()) == (notice in ("rescheduled", "cancelled"))


@pytest.mark.parametrize("notice", ["rescheduled", "cancelled"])
def test_a_change_in_the_agents_calendar_has_its_reason_in_the_readers_language(
    notice: Notice, tmp_path: Path
) -> None:
    """It is syncd's own; in a file of words of one's own that has none it is the English one."""
    changed = replace(MEETING, reason=REASON)
    texts = {
        language: Wording().say(letter(notice, replace(READER, language=language), changed, BEFORE)).text
        for language in ("en", "nl", "de")
    }
    assert [language for language, text in texts.items() if REASON in text] == ["en"]
    assert ("agenda" in texts["nl"], "Kalender" in texts["de"]) == (True, True)
    words = (SHIPPED / "words.nl.toml").read_text().replace("in_calendar", "something_else")
    (tmp_path / "words.nl.toml").write_text(words)
    assert (
        REASON in Wording(tmp_path).say(letter(notice, replace(READER, language="nl"), changed, BEFORE)).text
    )


def test_the_languages_say_the_same_things() -> None:
    import tomllib

    def shape(value: object) -> object:
        return {key: shape(one) for key, one in value.items()} if isinstance(value, dict) else None

    english, *others = (
        tomllib.loads((SHIPPED / f"words.{one}.toml").read_text()) for one in ("en", "nl", "de")
    )
    assert [shape(other) for other in others] == [shape(english)] * 2


def test_times_are_told_in_the_readers_zone_which_is_named() -> None:
    text = text_of(mail_of(letter("rescheduled", told=BEFORE)))
    assert "Monday, March 2, 2026, 5:00 AM \u2013 6:00 AM (Eastern Standard Time, New York)" in text
    assert "Before: Monday, March 2, 2026, 4:00 AM \u2013 5:00 AM" in text
    dutch = text_of(mail_of(letter("planned", replace(HOST, language="nl"))))
    assert "maandag 2 maart 2026, 11:00 \u2013 12:00 (Midden-Europese standaardtijd, Amsterdam)" in dutch


@pytest.mark.parametrize(
    ("tag", "says"),
    [
        ("nl-BE", "gepland"),
        ("NL", "gepland"),
        ("en-GB", "2 March"),
        ("xx", "planned"),
        ("ja", "March 2"),
        ("../nl", "planned"),
    ],
)
def test_a_language_falls_back_to_the_one_without_region_and_then_to_english(tag: str, says: str) -> None:
    assert says in text_of(mail_of(letter(reader=replace(READER, language=tag))))


def test_a_time_across_midnight_names_both_days() -> None:
    late = replace(MEETING, start=START.replace(hour=22), end=START.replace(hour=23, minute=30))
    assert "10:00 PM" not in text_of(mail_of(letter(meeting=late)))
    text = text_of(mail_of(letter(reader=HOST, meeting=late)))
    assert "Monday, March 2, 2026, 11:00 PM \u2013 Tuesday, March 3, 2026, 12:30 AM" in text


# The calendar attachment


def test_a_guests_invitation_can_be_put_into_any_calendar() -> None:
    method, event = event_of(mail_of(letter()))
    assert method == "REQUEST"
    assert (str(event["UID"]), event["SEQUENCE"]) == (uid_of("m1"), 3)
    assert event.decoded("DTSTART") == START
    assert event.decoded("DTEND") == START + HOUR
    assert str(event["ORGANIZER"]) == "mailto:meetings@example.com"
    assert str(event["ATTENDEE"]) == "mailto:gerda@example.org"
    assert event["ATTENDEE"].params["RSVP"] == "FALSE"
    assert str(event["LOCATION"]) == "https://meet.example.com/gerda%40example.org"
    assert "X-SYNCD-MARKER" not in event


def test_updates_and_cancellations_match_what_came_before() -> None:
    _, first = event_of(mail_of(letter(meeting=replace(MEETING, version=1))))
    method, last = event_of(mail_of(letter("cancelled", meeting=replace(MEETING, version=4))))
    assert (method, str(last["STATUS"])) == ("CANCEL", "CANCELLED")
    assert first["UID"] == last["UID"]
    assert first["SEQUENCE"] < last["SEQUENCE"]


def test_guests_do_not_see_each_others_addresses() -> None:
    assert "hans@example.org" not in mail_of(letter()).as_string()


def test_a_subject_that_carries_an_invitation_is_the_title_alone() -> None:
    for notice in NOTICES["guest"]:
        mail = mail_of(letter(notice))
        parts = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
        if parts and parts[0].get_param("method") == "REQUEST":
            assert mail["Subject"] == MEETING.title


@pytest.mark.parametrize("notice", NOTICES["agent"])
def test_an_agents_mail_carries_no_calendar_attachment(notice: Notice) -> None:
    assert [p for p in mail_of(letter(notice, HOST)).walk() if p.get_content_type() == "text/calendar"] == []


# Untrusted text


NASTY = 'Talk\r\nBcc: eve@example.net\r\n\r\n<script>alert("x")</script> {{ 7*7 }} \u202egpj.exe \x00'


def test_no_text_can_add_a_header_or_run_in_a_page() -> None:
    guest = replace(GERDA, name=NASTY)
    meeting = replace(MEETING, title=NASTY, reason=NASTY, guests=(guest,))
    mail = mail_of(letter("cancelled", replace(READER, name=NASTY), meeting))
    assert mail["Bcc"] is None
    assert mail.defects == []
    assert len(mail.get_all("To", [])) == 1
    assert "eve@example.net" not in [str(one) for one in mail["To"].addresses]
    html = mail.get_body(("html",)).get_content()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "49" not in html
    for part in (mail["Subject"], text_of(mail), html):
        assert not set("\u202e\x00") & set(part)


PROPERTIES = {
    "UID", "SEQUENCE", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "STATUS", "TRANSP", "ORGANIZER", "ATTENDEE", "DESCRIPTION",
    "LOCATION",
}  # fmt: skip


@pytest.mark.parametrize("notice", ["planned", "rescheduled", "cancelled"])
def test_no_text_can_add_a_line_to_the_invitation(notice: Notice) -> None:
    guest = replace(GERDA, name=NASTY)
    meeting = replace(MEETING, title=NASTY, reason=NASTY, link=f"https://x.example/{NASTY}", guests=(guest,))
    host = replace(ANNA, name=NASTY)
    mail = mail_of(Letter(notice, replace(READER, name=NASTY), meeting, host))
    _, event = event_of(mail)
    assert set(event) <= PROPERTIES
    assert event.subcomponents == []
    assert not set("\r\n\u202e\x00") & set(str(event["SUMMARY"]) + str(event.get("LOCATION", "")))
    assert not set("\u202e\x00") & set(str(event["DESCRIPTION"]) + str(event["ATTENDEE"].params["CN"]))
    headers = {
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "Auto-Submitted",
        "MIME-Version",
        "Content-Type",
    }
    assert set(mail.keys()) == headers


@pytest.mark.parametrize("link", ["javascript:alert(1)", "https://[meet", "room 4"])
def test_a_link_that_is_none_is_not_made_clickable(link: str) -> None:
    html = mail_of(letter(meeting=replace(MEETING, link=link))).get_body(("html",)).get_content()
    assert "href" not in html
    assert link in html


def test_what_is_over_has_no_way_in() -> None:
    """Neither in the mail, nor in what then stands in a calendar that keeps cancelled events."""
    assert "https://" not in text_of(mail_of(letter("cancelled")))
    assert "https://" in event_of(mail_of(letter("planned")))[1].to_ical().decode()
    assert "https://" not in event_of(mail_of(letter("cancelled")))[1].to_ical().decode()
    assert "https://" not in text_of(mail_of(letter("handed-over", HOST)))


def test_each_gets_a_link_of_their_own() -> None:
    assert "https://meet.example.com/gerda%40example.org" in text_of(mail_of(letter()))
    assert "https://meet.example.com/host/anna" in text_of(mail_of(letter(reader=HOST)))


def test_the_message_id_is_the_same_for_every_try_and_for_nothing_else() -> None:
    def number(one: Letter) -> str:
        return str(mail_of(one)["Message-ID"])

    assert number(letter()) == number(letter())
    others = [letter(reader=HOST), letter("invited"), letter(meeting=replace(MEETING, version=4))]
    assert len({number(one) for one in [letter(), *others]}) == 4
    assert number(letter()).endswith("@example.com>")


# An admin's own templates


def test_a_file_of_ones_own_replaces_the_one_of_that_name(tmp_path: Path) -> None:
    (tmp_path / "guest-cancelled.txt").write_text("Sorry: {{ meeting.title }} at {{ meeting.when }}")
    (tmp_path / "message.html").write_text("<p>{{ text }} {{ meeting.title }}</p>")
    wording = Wording(tmp_path)
    cancelled, planned = wording.say(letter("cancelled")), wording.say(letter("planned"))
    assert cancelled.text.startswith("Sorry: Mortgage talk at Monday")
    assert planned.text.startswith("Your conversation")
    assert planned.html.startswith("<p>Your conversation with Anna de Vries is planned. Mortgage talk</p>")


def test_a_language_of_ones_own_can_be_added(tmp_path: Path) -> None:
    english = (SHIPPED / "words.en.toml").read_text()
    (tmp_path / "words.fr.toml").write_text(english.replace("is planned.", "est prévue."))
    assert "est prévue" in Wording(tmp_path).say(letter(reader=replace(READER, language="fr-CH"))).text


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("message.txt", "{{ nothing }}", "message.txt"),
        ("message.txt", "a\n{% if %}", "message.txt, line 2"),
        ("message.txt", "{{ ''.__class__.__mro__ }}", "message.txt"),
        ("words.en.toml", "[labels", "words.en.toml"),
        ("words.en.toml", "[labels]\n[guest.planned]\nsubject = 'x'", "words.en.toml"),
        (
            "words.en.toml",
            "[labels]\n[guest.planned]\nsubject = '{{ oops'\ntext = 'x'",
            "words.en.toml, line 1",
        ),
    ],
)
def test_a_template_that_can_not_be_filled_in_is_named(
    tmp_path: Path, name: str, text: str, said: str
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(TemplateBroken) as told:
        Wording(tmp_path).say(letter())
    assert said in told.value.message
