"""A request as a page sees it: who asks, what the address and the form say, and the context to answer from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from urllib.parse import urlencode

from syncd.actions.context import Context
from syncd.actions.finding import person
from syncd.actions.tokens import Caller
from syncd.errors import Invalid
from syncd.rules.meetings import FIRST_YEAR, LAST_YEAR

LONGEST_VALUE = 4000


@dataclass(frozen=True, slots=True)
class Visit:
    """`query` and `form`: the last value of each field. `mark`: what this session's forms carry. `zone`: the visitor's.

    `held`: what their browser holds. `by_proxy`: a reverse proxy signed them in, and signs them out.
    """

    ctx: Context
    caller: Caller
    mark: str
    path: str
    query: Mapping[str, str]
    form: Mapping[str, str] = field(default_factory=dict)
    zone: str = "UTC"
    held: str = ""
    by_proxy: bool = False

    @property
    def now(self) -> datetime:
        """The present moment."""
        return self.ctx.clock()

    @property
    def operator(self) -> bool:
        """Somebody who sees and does everything that their scope allows, and not an agent's own things only."""
        return self.caller.agent is None

    @property
    def writes(self) -> bool:
        """May they change anything?"""
        return self.caller.may("write")

    def asked(self, name: str) -> str:
        """A field of the address, stripped; "" if it is not there. Raises `Invalid` for one that is far too long."""
        return _value(self.query, name)

    def filled(self, name: str) -> str:
        """Likewise of the form."""
        return _value(self.form, name)

    def day(self, name: str = "day") -> date | None:
        """A day in the address; None if there is none, or none that is a day that anybody could mean."""
        try:
            found = date.fromisoformat(self.asked(name))
        except ValueError:
            return None
        return found if FIRST_YEAR <= found.year <= LAST_YEAR else None

    def number(self, name: str, otherwise: int) -> int:
        """A small number in the address or the form."""
        text = self.filled(name) or self.asked(name)
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else otherwise

    def again(self, **changed: str) -> str:
        """The same address with some fields changed, "" taking one out."""
        return address(self.path, **{**self.query, **changed})


def _value(fields: Mapping[str, str], name: str) -> str:
    text = fields.get(name, "").strip()
    if len(text) > LONGEST_VALUE:
        raise Invalid(f"{name} is longer than {LONGEST_VALUE} characters", field=name)
    if "\0" in text:
        raise Invalid(f"{name} holds a character that no text has", field=name)
    return text


def address(path: str, /, **query: str) -> str:
    """A path with those fields that say something; whatever they are called."""
    said = {name: value for name, value in query.items() if value}
    return f"{path}?{urlencode(said)}" if said else path


def zone_of(ctx: Context, caller: Caller) -> str:
    """In which zone times are told: a bound agent's own, else the one that holds for all."""
    return person(ctx, caller.agent).timezone if caller.agent is not None else ctx.config.timezone
