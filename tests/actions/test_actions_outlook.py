"""The main job on Outlook, from a meeting's change to the mailboxes and back: real client, real sign-in, real store.

The mailboxes are scripted shelves that keep what they are sent and tell what changed, one delta round after the other.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import unquote

import pytest
from certificates import CERTIFICATE, KEY
from graphlike import TENANT, GraphLike
from graphshelf import Shelf, _in_utc, says
from scripted import Asked, Said, ScriptedServer
from worlds import ELEVEN, NOW, TEN, World

from connectors import open_connector
from store.database import Store
from syncd.actions import changes
from syncd.actions.drifting import drift_list
from syncd.actions.look import story
from syncd.rules.availability import Mark

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)

CONFIG = """
timezone = "Europe/Amsterdam"
[accounts.m365]
kind = "outlook"
tenant = "{tenant}"
client_id = "app"
client_secret = {{ env = "SYNCD_TEST_SECRET" }}
graph_url = "{url}v1.0"
authority = "{url}{tenant}"
ca_file = "{ca_file}"
"""

AGENT = """
[[agents]]
id = "{id}"
name = "{id}"
email = "{id}@example.com"
[[agents.calendars]]
account = "m365"
login = "{id}@example.com"
write = "default"
"""


class Mailbox(Shelf):
    """A shelf with one calendar that tells its changes. `log`: the id of each change, oldest first."""

    def __init__(self, base: str, name: str) -> None:
        super().__init__()
        self.base, self.name, self.log = base, name, []

    def touch(self, key: str) -> None:
        super().touch(key)
        self.log.append(key)

    def get(self, asked: Asked, path: str, query: str) -> Said:
        if path.endswith("/calendars"):
            return says(
                200, {"value": [{"id": "AAA=", "name": "Agenda", "isDefaultCalendar": True, "canEdit": True}]}
            )
        if path.endswith("/calendarView/delta"):
            return self.round(query)
        return super().get(asked, path, query)

    def round(self, query: str) -> Said:
        _first, _, position = query.partition("$deltatoken=")
        keys = dict.fromkeys(self.log[int(position) :] if position else self.events)
        items = [self.told(key) for key in keys]
        link = f"{self.base}/users/{self.name}/calendarView/delta?$deltatoken={len(self.log)}"
        return says(200, {"value": items, "@odata.deltaLink": link})

    def told(self, key: str) -> dict[str, object]:
        """As delta tells it: in UTC, and without the extended properties."""
        if key not in self.events:
            return {"id": key, "@removed": {"reason": "deleted"}}
        said = _in_utc(self.events[key])
        return {name: value for name, value in said.items() if name != "singleValueExtendedProperties"}

    def enter(self, key: str, start: datetime, end: datetime, **more: object) -> None:
        """Somebody enters an appointment in Outlook."""
        times = {
            name: {"dateTime": f"{at:%Y-%m-%dT%H:%M:%S}.0000000", "timeZone": "UTC"}
            for name, at in (("start", start), ("end", end))
        }
        self.events[key] = {
            "id": key, "iCalUId": f"ical-{key}", "type": "singleInstance", "showAs": "busy", "isAllDay": False,
            "subject": "A private matter", **times, **more,
        }  # fmt: skip
        self.touch(key)

    def remove(self, key: str) -> None:
        del self.events[key]
        self.log.append(key)


class Tenant(GraphLike):
    """Mailboxes behind one name."""

    def __init__(self) -> None:
        super().__init__()
        self.mailboxes: dict[str, Mailbox] = {}

    def __call__(self, asked: Asked) -> Said:
        if not asked.path.startswith("/v1.0/"):
            return super().__call__(asked)
        name = unquote(asked.path).split("/")[3].partition("@")[0]
        return self.mailboxes[name](asked)


@pytest.fixture
def office(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[World, Tenant]]:
    """Anna and Ben with a mailbox each, synced once."""
    monkeypatch.setenv("SYNCD_TEST_SECRET", "secret")
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    certificate.write_text(CERTIFICATE)
    key.write_text(KEY)
    tenant = Tenant()
    with ScriptedServer(tenant, (certificate, key)) as server:
        tenant.url = server.url
        for name in ("anna", "ben"):
            tenant.mailboxes[name] = Mailbox(f"{server.url}v1.0", f"{name}@example.com")
        world = World(store, tmp_path)
        text = CONFIG.format(tenant=TENANT, url=server.url, ca_file=certificate)
        world.configure(text + "".join(AGENT.format(id=name) for name in tenant.mailboxes))
        world.ctx = replace(world.ctx, opener=open_connector)
        assert world.sync().failed == ()
        yield world, tenant
        world.ctx.close()


def subjects(mailbox: Mailbox) -> list[str]:
    return [str(one["subject"]) for one in mailbox.events.values()]


def test_a_meeting_is_written_moved_handed_over_and_removed(office: tuple[World, Tenant]) -> None:
    world, tenant = office
    anna, ben = tenant.mailboxes["anna"], tenant.mailboxes["ben"]
    world.plan()
    event = anna.only
    assert (event["subject"], event["sensitivity"], event["showAs"]) == ("Mortgage talk", "private", "busy")
    assert not event.get("attendees")
    assert event["start"] == {"dateTime": "2026-03-02T11:00:00", "timeZone": "W. Europe Standard Time"}
    world.accept(changes.reschedule("m1", TEN + HOUR, None, "later", by="test"))
    world.deliver()
    assert anna.only["start"]["dateTime"] == "2026-03-02T12:00:00"
    assert [one[0] for one in anna.wrote] == ["POST", "PATCH"]
    world.assign("ben")
    world.deliver()
    assert (subjects(anna), subjects(ben)) == ([], ["Mortgage talk"])
    world.accept(changes.cancel("m1", "ill", "agent", by="test"))
    world.deliver()
    assert subjects(ben) == []
    assert world.owed() == []


def test_our_own_event_comes_back_in_delta_and_is_known_for_ours(office: tuple[World, Tenant]) -> None:
    world, tenant = office
    world.plan()
    world.tick(2 * MINUTE)
    assert world.known("anna") == []
    assert world.copies()["anna", 1].drift == ""
    tenant.mailboxes["anna"].only["start"]["dateTime"] = "2026-03-02T15:00:00"
    tenant.mailboxes["anna"].only["end"]["dateTime"] = "2026-03-02T16:00:00"
    tenant.mailboxes["anna"].touch(str(tenant.mailboxes["anna"].only["id"]))
    world.tick(2 * MINUTE)
    assert world.copies()["anna", 1].drift == "moved"


def test_a_duplicate_that_its_agent_made_blocks_and_is_told_as_a_late_conflict(
    office: tuple[World, Tenant],
) -> None:
    """Outlook copies our marker, too (MS-OXOCAL 3.1.4.3), but no delta round tells it; the transaction id is not copied."""
    world, tenant = office
    world.plan()
    anna = tenant.mailboxes["anna"]
    copied = {
        name: value
        for name, value in anna.only.items()
        if name not in ("id", "start", "end", "transactionId")
    }
    anna.enter("copied", TEN, ELEVEN, **{**copied, "iCalUId": "ical-copied"})
    world.tick(2 * MINUTE)
    assert world.known("anna") == [(TEN, ELEVEN, "busy")]
    assert drift_list(world.ctx) == []
    assert [one.kind for one in story(world.ctx, "m1").conflicts] == ["calendar"]
    world.accept(changes.cancel("m1", "ill", "agent", by="test"))
    world.deliver()
    assert list(anna.events) == ["copied"], "ours goes, the agent's stays"


def test_what_others_enter_blocks_and_a_cycle_without_changes_is_one_request(
    office: tuple[World, Tenant],
) -> None:
    world, tenant = office
    world.plan()
    ben = tenant.mailboxes["ben"]
    ben.enter("dentist", TEN, ELEVEN)
    ben.enter("maybe", ELEVEN, ELEVEN + HOUR, showAs="tentative")
    ben.enter("elsewhere", TEN, ELEVEN, showAs="free")
    world.tick(2 * MINUTE)
    assert world.known("ben") == [(TEN, ELEVEN, "busy"), (ELEVEN, ELEVEN + HOUR, "tentative")]
    assert world.candidates()["ben"].verdict.mark is Mark.NOT_AVAILABLE
    requests = world.ctx.connections.requests
    world.tick(2 * MINUTE)
    assert world.ctx.connections.requests - requests == len(tenant.mailboxes)
    ben.remove("dentist")
    world.tick(2 * MINUTE)
    assert world.known("ben") == [(ELEVEN, ELEVEN + HOUR, "tentative")]
    assert "private matter" not in json.dumps(world.row("ben").name)
    assert world.health("ben").seen_at == world.now > NOW


def test_a_mailbox_that_is_forbidden_says_what_the_administrator_must_do(
    office: tuple[World, Tenant],
) -> None:
    world, tenant = office
    denied = {"error": {"code": "ErrorAccessDenied", "message": "Access is denied."}}
    tenant.mailboxes["anna"].faults["GET"] = [lambda: says(403, denied)] * 3
    world.tick(2 * MINUTE)
    assert world.health("anna").state == "no-access"
    assert "New-ManagementRoleAssignment" in world.health("anna").hint
    assert world.health("ben").state == "ok"


def test_a_policy_for_the_default_calendar_counts_whatever_its_name_is(
    office: tuple[World, Tenant], tmp_path: Path
) -> None:
    world, tenant = office
    tenant.mailboxes["ben"].enter("maybe", TEN, ELEVEN, showAs="tentative")
    world.plan()
    assert world.sync().failed == ()
    assert world.candidates()["ben"].verdict.mark is Mark.NOT_AVAILABLE
    text = (tmp_path / "config.toml").read_text()
    entry = 'check = [{ name = "default", policy = { tentative = false } }]\nwrite = "default"'
    world.configure(text.replace('write = "default"', entry))
    world.ctx = replace(world.ctx, opener=open_connector)
    assert world.sync().failed == ()
    one = world.candidates()["ben"]
    assert one.verdict.mark is Mark.AVAILABLE
    assert [piece.policy.lines["tentative"] for piece in one.known.busy] == [
        "tentative = false ([[agents]] ben, calendars m365/ben@example.com, check 'default')"
    ]
