"""What changed in a calendar, and which of a server's answers are believed.

The token kept is the one that came with the report. A token the server has forgotten leads to a full listing (`rungs`), and
so does an answer that is no honest delta: servers have been seen to list everything without saying so, to echo a token
they never gave, and to forget deletions. Losing an event in silence would make somebody free who is not.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from connectors.caldav.addresses import key, path_of, spellings
from connectors.caldav.fetch import Fetched, fetch
from connectors.caldav.rungs import Seen, State, everything, report, state_from
from connectors.http.client import HttpClient
from connectors.ical import Limits, read_object
from connectors.interface import Calendar, CalendarObject, Changes, Problem

MOST_ECHOES = 3
"""So many members may come with the etag already known (our own writes); more mean that it is no delta."""


def changes(
    http: HttpClient, url: str, calendar: Calendar, state: str | None, known: Mapping[str, str], caps: Limits
) -> Changes:
    """The contract's `changes`, for the calendar at this URL, whose objects are read within these caps."""
    before, known = state_from(state), dict(known)
    if before is not None and before.at != url:  # another server's tokens and etags mean nothing at this one
        before, known = None, {}
    return _told(http, url, calendar, _look(http, url, calendar, before, known), known, caps)


def _told(
    http: HttpClient, url: str, calendar: Calendar, seen: Seen, known: Mapping[str, str], caps: Limits
) -> Changes:
    names = spellings(known)
    name = {href: names.get(key(href), path_of(href)) for href in (*seen.listed, *seen.gone)}
    unchanged = {href for href, etag in seen.listed.items() if etag and known.get(name[href]) == etag}
    wanted = {href: etag for href, etag in seen.listed.items() if href not in unchanged}
    brought = _Brought(calendar, name, caps)
    for href in [href for href in wanted if href in seen.texts]:
        brought.keep(seen.texts.pop(href))
        del wanted[href]
    fetch(http, url, wanted, brought.keep, of=len(seen.listed))
    vanished = _second_look(http, url, brought)
    away = {name[href] for href in seen.gone | vanished} & set(known)
    return Changes(
        upserts=tuple(brought.objects),
        gone=tuple(sorted(away)),
        state=seen.state.text(),
        complete=seen.complete,
        unchanged=tuple(sorted(name[href] for href in unchanged)),
        by=seen.state.by,
    )


@dataclass(slots=True)
class _Brought:
    """What comes of a calendar, understood at once so that no text is kept. `names`: known hrefs by those listed; `caps`: of what is read."""

    calendar: Calendar
    names: Mapping[str, str]
    caps: Limits
    objects: list[CalendarObject] = field(default_factory=list)
    absent: list[Fetched] = field(default_factory=list)

    def keep(self, one: Fetched) -> None:
        if one.absent:
            self.absent.append(one)
        else:
            self.objects.append(_read(one, self.names[one.href], self.calendar, self.caps))


def _second_look(http: HttpClient, url: str, brought: _Brought) -> set[str]:
    """Of what was listed and then not found, what is gone? Not what is still listed: that was not to be had this time.

    Raises CalendarGone if the calendar itself is gone: then its events are not deleted, only out of sight.
    """
    if not brought.absent:
        return set()
    there = {key(href) for href in everything(http, url, brought.calendar, "etags").listed}
    why = "it is listed, and not found when asked for"
    for one in brought.absent:
        if key(one.href) in there:
            brought.keep(replace(one, failure=why))
    return {one.href for one in brought.absent if key(one.href) not in there}


def _read(one: Fetched, name: str, calendar: Calendar, caps: Limits) -> CalendarObject:
    if one.data is None:
        return CalendarObject(name, "", "", (), (Problem("", 0, f"can't be fetched: {one.failure}"),))
    return read_object(
        name, one.etag, one.data,
        zone=calendar.zone, start=calendar.start, end=calendar.end, addresses=calendar.addresses, limits=caps,
    )  # fmt: skip


def _look(
    http: HttpClient, url: str, calendar: Calendar, state: State | None, known: Mapping[str, str]
) -> Seen:
    if state is None:
        return everything(http, url, calendar)
    if state.by != "sync":
        return everything(http, url, calendar, state.by)
    delta = report(http, url, state.token)
    if not isinstance(delta, Seen) or _no_delta(delta, state.token, known):
        return everything(http, url, calendar)
    return delta


def _no_delta(seen: Seen, token: str, known: Mapping[str, str]) -> bool:
    """Is this answer to a token anything but a delta?

    Listed as changed although unchanged: the server has silently begun anew, and does not tell what was deleted. Nothing
    changed and the very token we sent: it may never have been this server's, as we only ask when something changed.
    """
    if not seen.listed and not seen.gone and seen.state.token == token:
        return True
    etags = {key(href): etag for href, etag in known.items()}
    echoes = sum(bool(etag) and etags.get(key(href)) == etag for href, etag in seen.listed.items())
    return echoes > MOST_ECHOES or (echoes > 0 and echoes * 2 >= len(known) > 1)
