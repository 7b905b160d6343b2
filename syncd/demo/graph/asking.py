"""A request to the fake Graph as its routes see it, and what they answer."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import parse_qsl, unquote

from syncd.demo.graph.ids import CALENDAR, name_of
from syncd.demo.graph.instances import Seen, itself, part_on
from syncd.demo.graph.prefer import Preferences, preferences
from syncd.demo.graph.refusal import Json, bad_request, not_found, not_read
from syncd.demo.graph.state import State
from syncd.demo.graph.things import Folder, Mailbox
from syncd.demo.graph.writing import known

VERSION = "/v1.0"
KEYED = re.compile(r"([^/()]+)\('([^']*)'\)")
FUNCTION = re.compile(r"\(\)\Z")
DOLLAR = frozenset(
    {"select", "top", "skip", "filter", "orderby", "expand", "count", "search", "skiptoken", "deltatoken"}
)


@dataclass
class Request:
    """A request. `headers` by lower-case name; `target` as it stood in the request line; `inner`: one of a batch."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""
    inner: bool = False

    @cached_property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @cached_property
    def segments(self) -> tuple[str, ...]:
        """The path after the version, decoded; `users('a')` and `delta()` are `users/a` and `delta`."""
        path = KEYED.sub(r"\1/\2", self.path.removeprefix(VERSION)).replace("microsoft.graph.", "")
        return tuple(FUNCTION.sub("", unquote(part)) for part in path.split("/") if part)

    @cached_property
    def query(self) -> dict[str, str]:
        """The options by lower-case name, with their dollar even if it was left out. A bare "+" is a blank."""
        pairs = parse_qsl(self.target.partition("?")[2], keep_blank_values=True)
        lower = ((key.lower(), value) for key, value in pairs)
        return {f"${key}" if key in DOLLAR else key: value for key, value in lower}

    @property
    def base(self) -> str:
        """The address links begin with: the one the client used."""
        return f"https://{self.headers.get('host', 'localhost')}{VERSION}"

    def json(self) -> object:
        """The body; None if there is none. Raises Refused if it is not JSON, or not said to be."""
        if not self.body.strip():
            return None
        if not self.headers.get("content-type", "").lower().startswith("application/json"):
            raise bad_request(
                "Write requests are only supported on contained entities with Content-Type JSON."
            )
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise not_read("The body is not JSON.") from error


@dataclass(slots=True)
class Answer:
    """An answer: JSON, or nothing. `headers` are what this answer has beside the usual ones."""

    status: int
    body: object = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Call:
    """A request that was let in: what it concerns, and how it is to be answered. `args`: the variable parts of its path."""

    state: State
    request: Request
    args: Mapping[str, str]
    app: str = ""

    @cached_property
    def prefer(self) -> Preferences:
        header = self.request.headers.get("prefer", "")
        return preferences(header, every_iana=self.state.knobs.every_iana_zone)

    @cached_property
    def mailbox(self) -> Mailbox:
        """The mailbox in the path; that it is there was seen to before."""
        found = self.state.found(self.args["user"])
        if found is None:
            raise not_found()
        return found

    @cached_property
    def folder(self) -> Folder:
        """The calendar in the path, the default one where none is named. Raises Refused."""
        if "calendar" not in self.args:
            return self.mailbox.default
        name = name_of(self.args["calendar"])
        folder = self.mailbox.folders.get(name.number)
        if (
            name.kind != CALENDAR
            or name.mailbox != self.mailbox.token
            or folder is None
            or folder.turn != name.moves
        ):
            raise not_found()
        return folder

    @cached_property
    def seen(self) -> Seen:
        """The event, series or part in the path, in either form of id. Raises Refused."""
        name = name_of(self.args["event"])
        if name.kind == CALENDAR or name.mailbox != self.mailbox.token:
            raise not_found()
        entry = known(self.mailbox, name.number)
        if name.is_normal and name.moves != entry.moves:
            raise not_found()
        if "calendar" in self.args and entry.folder is not self.folder:
            raise not_found()
        if not name.day:
            return itself(entry)
        part = (
            part_on(entry, name.on_day, self.state.knobs)
            if entry.is_series and name.version == entry.version
            else None
        )
        if part is None:
            raise not_found()
        return part

    @property
    def link(self) -> str:
        """The address of this request without its query, as links name it."""
        return self.request.base + self.request.path.removeprefix(VERSION)

    def fields(self) -> Json:
        """The body as an object; names in lower case, as actions take their parameters in any. Raises Refused."""
        said = self.request.json()
        if said is not None and not isinstance(said, dict):
            raise not_read("Empty or invalid JSON payload.")
        return {key[:1].lower() + key[1:]: value for key, value in (said or {}).items()}
