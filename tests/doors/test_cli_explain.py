"""`syncd explain` names the line that decided: of the policy as it holds for that calendar, and where it stands."""

import re

import pytest
from desks import Desk, Office, day, hours
from servers import free_port

POLICY = {
    "nothing": ("", "", "", True, "tentative = true (default)"),
    "global": ("tentative = true", "", "", True, "tentative = true ([policy])"),
    "group": ("tentative = true", "tentative = false", "", False, "tentative = false ([groups.loans])"),
    "agent": ("tentative = true", "tentative = false", "tentative = true", True, "tentative = true ([[agents]] anna)"),
}  # fmt: skip


def configure(
    office: Office, top: str, group: str, agent: str, *, login: str = "", check: str = '"Work"'
) -> None:
    text = office.config.read_text()
    text = text.replace("[store]", f"[policy]\n{top}\n[store]", 1)
    text = text.replace('name = "Loans"', f'name = "Loans"\npolicy = {{ {group} }}', 1)
    text = text.replace('groups = ["loans"]', f'groups = ["loans"]\npolicy = {{ {agent} }}', 1)
    text = text.replace('check = ["Work"]', f"check = [{check}]\n  policy = {{ {login} }}", 1)
    office.config.write_text(text)


def asked(office: Desk, start: int = 10, end: int = 11):
    return office.json("explain", "anna", f"{day()}T{start:02}:00", f"{day()}T{end:02}:00")


def maybe(office: Office) -> None:
    """Anna may be at the dentist, from ten to eleven."""
    stamp = f"{day():%Y%m%d}"
    office.add_event("anna", f"{stamp}T100000", f"{stamp}T110000", more="STATUS:TENTATIVE\n")


@pytest.mark.parametrize(("top", "group", "agent", "blocks", "line"), POLICY.values(), ids=list(POLICY))
def test_the_most_specific_line_is_named_whether_it_blocks_or_not(
    office: Office, top: str, group: str, agent: str, blocks: bool, line: str
):
    configure(office, top, group, agent)
    maybe(office)
    office.ok("migrate")
    office.ok("sync")
    found = asked(office)
    told, other = ("reasons", "not_blocking") if blocks else ("not_blocking", "reasons")
    (reason,) = found[told]
    assert (reason["kind"], reason["status"], reason["policy"]) == ("calendar", "tentative", line)
    assert (reason["calendar"], reason["seen_at"] <= found["as_of"], found[other]) == ("Work", True, [])
    out = office.ok("explain", "anna", f"{day()}T10:00", f"{day()}T11:00").out
    assert f"{'blocks' if blocks else 'does not block'}: {line}" in out


@pytest.mark.parametrize(
    ("login", "check", "line"),
    [
        ("tentative = false", '"Work"', "tentative = false ([[agents]] anna, calendars cloud/{login})"),
        (
            "tentative = false", '{ name = "Work", policy = { tentative = true } }',
            "tentative = true ([[agents]] anna, calendars cloud/{login}, check 'Work')",
        ),
    ],
)  # fmt: skip
def test_a_login_and_a_calendar_can_say_it_too(office: Office, login: str, check: str, line: str):
    configure(office, "", "", "tentative = true", login=login, check=check)
    maybe(office)
    office.ok("migrate")
    office.ok("sync")
    found = asked(office)
    (reason,) = found["reasons"] + found["not_blocking"]
    assert reason["policy"] == line.format(login=office.logins["anna"])


def test_busy_needs_no_line_and_a_buffer_has_its_own(office: Office):
    configure(office, 'buffer_after = "30m"', 'buffer_before = "1h30m"', "")
    stamp = f"{day():%Y%m%d}"
    office.add_event("anna", f"{stamp}T100000", f"{stamp}T110000")
    office.ok("migrate")
    office.ok("sync")
    (itself,) = asked(office)["reasons"]
    assert "policy" not in itself
    said = office.ok("explain", "anna", f"{day()}T10:00", f"{day()}T11:00").out
    assert re.search(r": busy in calendar 'Work', seen \w{3} [0-9-]{10} [0-9:]{5}; busy always blocks", said)
    (after,), (before,) = asked(office, 11, 12)["reasons"], asked(office, 8, 9)["reasons"]
    assert (after["kind"], after["policy"]) == ("buffer", "buffer_after = 30m ([policy])")
    assert (before["kind"], before["policy"]) == ("buffer", "buffer_before = 1h30m ([groups.loans])")
    office.ok("block", "add", "--scope", "agent:anna", *hours(14))
    (of_block,) = asked(office, 15, 16)["reasons"]
    assert (of_block["kind"], of_block["policy"]) == ("buffer", "buffer_after = 30m ([policy])")


def test_another_policy_counts_at_once_and_asks_no_server(office: Office):
    """Level by level, each more specific than the one before; whoever is in two groups has the stricter of both."""
    login = office.logins["anna"]
    at_login = f"[[agents]] anna, calendars cloud/{login}"
    maybe(office)
    office.ok("sync")
    text = office.config.read_text().replace(office.server.url, f"http://127.0.0.1:{free_port()}/")
    text = text.replace('groups = ["loans"]', 'groups = ["loans", "sales"]\n# agent')
    text = text.replace("[[agents]]", '[groups.sales]\nname = "Sales"\n# sales\n[[agents]]', 1)
    text = text.replace('name = "Loans"', 'name = "Loans"\n# loans').replace("[store]", "# top\n[store]", 1)
    text = text.replace('check = ["Work"]', 'check = ["Work"]\n  # login', 1)
    steps = (
        ("# top", "[policy]\ntentative = false", False, "tentative = false ([policy])"),
        ("# loans", "policy = {{ tentative = {} }}", True, "tentative = true ([groups.loans])"),
        ("# sales", "policy = {{ tentative = {} }}", False, "tentative = true ([groups.loans])"),
        ("# agent", "policy = {{ tentative = {} }}", False, "tentative = false ([[agents]] anna)"),
        ("# login", "policy = {{ tentative = {} }}", True, f"tentative = true ({at_login})"),
        (
            'check = ["Work"]', 'check = [{{ name = "Work", policy = {{ tentative = {} }} }}]', False,
            f"tentative = false ({at_login}, check 'Work')",
        ),
    )  # fmt: skip
    office.config.write_text(text)
    office.ok("migrate")
    for place, setting, value, line in steps:
        text = text.replace(place, setting.format(str(value).lower()), 1)
        office.config.write_text(text)
        found = asked(office)
        (reason,) = found["reasons"] + found["not_blocking"]
        blocks = "= true" in line
        assert (found["mark"], reason["policy"]) == ("not available" if blocks else "available", line)


PRIVATE = (
    "LOCATION:Clinic\nDESCRIPTION:Bad news\nCATEGORIES:Health\nURL:https://clinic.example.org/\n"
    "ORGANIZER;CN=Doctor Strange:mailto:doctor@example.org\nATTENDEE;CN=Nurse:mailto:nurse@example.org\n"
    "ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:anna@example.com\n"
)


def test_what_is_explained_can_be_shown_to_a_colleague(office: Office):
    """Of events of others only when, of which kind and in which calendar; of meetings never who the guest is."""
    stamp = f"{day():%Y%m%d}"
    office.add_event("anna", f"{stamp}T100000", f"{stamp}T110000", more=PRIVATE)
    office.add_event(
        "anna",
        f"{stamp}T100000",
        f"{stamp}T110000",
        uid="torn",
        more=f"{PRIVATE}RRULE:FREQ=DAILY;INTERVAL=0\n",
    )
    office.ok("block", "add", "--scope", "company", *hours(10), "--title", "Training")
    office.plan(
        "m1", "--guest", "Gerda Guest <gerda@example.org>", "--link", "https://meet.example.com/secret"
    )
    office.ok("sync")
    words = ("explain", "anna", f"{day()}T10:00", f"{day()}T11:00")
    shown = office.ok(*words).out + office.ok(*words, "--json").out
    found = office.json(*words)
    kinds = sorted((one["kind"], one.get("title")) for one in found["reasons"])
    assert kinds == [("block", "Training"), ("calendar", None), ("calendar", None), ("meeting", "Talk")]
    assert found["unreadable"] == 1
    assert "can't be read whole: 1" in shown
    private = (
        "dentist",
        "Clinic",
        "Bad news",
        "Health",
        "Doctor",
        "doctor@",
        "nurse",
        "Gerda",
        "gerda@",
        "secret",
    )
    assert [word for word in private if word.casefold() in shown.casefold()] == []


def test_of_an_agent_who_is_not_active_it_says_so(desk: Desk) -> None:
    desk.ok("migrate")
    desk.ok("sync")
    said = {
        name: desk.ok("explain", name, f"{day()}T10:00", f"{day()}T11:00").out for name in ("anna", "cleo")
    }
    assert "not active: no meeting is assigned to this agent" in said["cleo"]
    assert "active" not in said["anna"]
