"""`syncd explain` names the line that decided: of the policy as it holds for that calendar, and where it stands."""

import pytest
from desks import Desk, Office, day, hours

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
    assert "busy always blocks" in office.ok("explain", "anna", f"{day()}T10:00", f"{day()}T11:00").out
    (after,), (before,) = asked(office, 11, 12)["reasons"], asked(office, 8, 9)["reasons"]
    assert (after["kind"], after["policy"]) == ("buffer", "buffer_after = 30m ([policy])")
    assert (before["kind"], before["policy"]) == ("buffer", "buffer_before = 1h30m ([groups.loans])")
    office.ok("block", "add", "--scope", "agent:anna", *hours(14))
    (of_block,) = asked(office, 15, 16)["reasons"]
    assert (of_block["kind"], of_block["policy"]) == ("buffer", "buffer_after = 30m ([policy])")
