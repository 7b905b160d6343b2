"""A tenant of the fake Graph and what its administrator does: mailboxes, calendars, licences, access."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from syncd.demo.graph.app import App
from syncd.demo.graph.asking import Call, Request
from syncd.demo.graph.instances import Seen
from syncd.demo.graph.knobs import Knobs
from syncd.demo.graph.refusal import Json
from syncd.demo.graph.state import State
from syncd.demo.graph.things import Access, Folder, Mail, Mailbox


class Tenant:
    """A tenant. `now`: where its clock stands until `advance`; None: it runs with the machine's."""

    def __init__(self, now: datetime | None = None, *, tenant: str = "", knobs: Knobs | None = None) -> None:
        self.state = State(now, tenant, knobs)
        self.app = App(self.state)
        self.bell = self.app.bell

    @property
    def knobs(self) -> Knobs:
        return self.state.knobs

    @property
    def tenant(self) -> str:
        return self.state.tenant

    @property
    def client_id(self) -> str:
        return self.app.tokens.client_id

    @property
    def secret(self) -> str:
        return self.app.tokens.secret

    @property
    def mails(self) -> list[Mail]:
        """What Exchange sent to people by itself."""
        return self.state.mails

    @property
    def exchanges(self) -> list[Json]:
        """The record: every exchange under /v1.0, and every notification."""
        return list(self.app.recording.exchanges)

    def now(self) -> datetime:
        return self.state.clock.now()

    def advance(self, **by: float) -> None:
        """Let time pass: `advance(minutes=5)`."""
        self.state.clock.advance(timedelta(**by))
        self.state.settle()

    def add_mailbox(self, address: str, name: str = "", zone: str = "W. Europe Standard Time") -> str:
        """A person with a mailbox and its default calendar "Calendar"; returns the object id."""
        with self.state.lock:
            return self.state.added(address, name or address.partition("@")[0].title(), zone).guid

    def add_calendar(self, mailbox: str, name: str, *, writable: bool = True) -> str:
        """Another calendar; returns its id."""
        with self.state.lock:
            box = self._box(mailbox)
            return box.folder_id(self.state.folder_added(box, name, writable=writable))

    def change_calendar_id(self, mailbox: str, calendar: str) -> str:
        """The same calendar under a new id, as happens (docs issue 11296); returns it."""
        with self.state.lock:
            box, folder = self._box(mailbox), self._folder(mailbox, calendar)
            folder.turn += 1
            return box.folder_id(folder)

    def set_access(self, mailbox: str, access: Access, *, opens_in: timedelta | None = None) -> None:
        """Shut a mailbox or open it; `opens_in`: it opens by itself, as one does after its licence came."""
        with self.state.lock:
            box = self._box(mailbox)
            box.access = access
            box.appears_at = None if opens_in is None else self.now() + opens_in

    def set_custom_zone(self, mailbox: str, *, custom: bool = True) -> None:
        """The mailbox has a zone without a name (customTimeZone)."""
        self._box(mailbox).custom_zone = custom

    def refuse_subscriptions(self, mailbox: str, why: str = "policy") -> None:
        """policy, not-enabled, backend, resource, closed; "" takes them again."""
        self._box(mailbox).refuses_subscriptions = why

    def _box(self, who: str) -> Mailbox:
        found = self.state.found(who)
        if found is None:
            raise KeyError(who)
        return found

    def _call(self, mailbox: str, args: Mapping[str, str]) -> Call:
        return Call(self.state, Request("GET", "/v1.0/", {}), {"user": self._box(mailbox).guid, **args})

    def _folder(self, mailbox: str, calendar: str) -> Folder:
        return self._call(mailbox, {"calendar": calendar}).folder

    def _seen(self, mailbox: str, event: str) -> Seen:
        return self._call(mailbox, {"event": event}).seen
