"""What happened meanwhile, in short, to whom others were faster."""

from datetime import UTC, datetime

import pytest

from store.model import Change, ChangeKind
from syncd.rules.journal import in_short, since

AT = datetime(2026, 3, 2, 10, tzinfo=UTC)


def line(version: int, kind: ChangeKind, by: str = "jan", **body: object) -> Change:
    return Change("m1", version, kind, AT, by, None, body)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (line(1, "plan", agent="anna"), "planned for anna"),
        (line(1, "invite", guest={"name": "Eva", "email": "eva@example.org"}), "given another guest"),
        (line(1, "invite", guest={}, replace="old@example.org"), "given a guest in another's place"),
        (line(1, "reschedule", start="2026-03-02T11:00:00Z"), "moved to 2026-03-02T11:00:00Z"),
        (line(1, "cancel", reason="ill"), "cancelled"),
        (line(1, "assign", to="ben"), "handed over to ben"),
        (line(1, "status", status="live"), "said to be live"),
    ],
)
def test_each_change_in_short_and_without_an_address(change: Change, said: str) -> None:
    assert in_short(change) == said
    assert "@" not in in_short(change)


def test_only_what_changed_the_meeting_since_is_told() -> None:
    repeated = Change("m1", 3, "assign", AT, "eva", "k", {"to": "ben"}, {"unchanged": True})
    lines = [
        line(1, "plan", agent="anna"),
        line(2, "assign", to="ben"),
        repeated,
        line(3, "cancel", by="eva"),
    ]
    assert since(lines, 1) == "handed over to ben by jan, then cancelled by eva"
    assert since(lines, 2) == "cancelled by eva"
    assert since(lines, 3) == ""
