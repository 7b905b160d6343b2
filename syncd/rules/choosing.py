"""Which calendars of a login are read for conflicts and which one shows the meetings, given what the server lists now.

Configured calendars (`check`, `write`) have a row even while the server doesn't list them: its state says what is wrong.
By default choice all calendars count that the login owns and that their owner did not mark transparent (RFC 6638 section
9.1). What is known of a calendar that is no longer listed is kept: a listing that loses calendars frees nobody.
Choosing again from the result changes nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from connectors.interface import CalendarInfo, Listing
from store.model import Calendar, Login
from syncd.rules import naming
from syncd.rules.text import clean

MISSING_FOR = timedelta(hours=1)
"""How long a calendar that nobody named may be missing from the listing before it is dropped."""

READ_ONLY = "this login may not write to the calendar that is to show the meetings"
READ_ONLY_HINT = "give it the right to write at the server, or name another calendar as `write`"
UNLISTED = "the server no longer lists this calendar"
UNLISTED_HINT = "what is known of it is kept for an hour, then it no longer counts"

_NAME_LIMIT = 200
_MOST_LISTED = 12


@dataclass(frozen=True, slots=True)
class Choice:
    """`rows`: the calendars that are new (id 0) or have changed, no others; `drop`: the ids of those no longer wanted."""

    rows: tuple[Calendar, ...]
    drop: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Target:
    """A calendar there should be a row for. `info`: as listed; None: not found, then `error` and `hint` say why."""

    texts: tuple[str, ...]
    checked: bool
    written: bool
    info: CalendarInfo | None = None
    error: str = ""
    hint: str = ""


def choose(login: Login, rows: Sequence[Calendar], listing: Listing, *, now: datetime) -> Choice:
    """What becomes of the login's calendars now that the server listed `listing`."""
    found, missing = _targets(login, rows, listing)
    left = list(rows)
    after = [_found(login, row, target) for target, row in _claimed(found, left)]
    after += [_missing(login, row, target, now) for target, row in _claimed(missing, left)]
    addresses = {info.href for info in listing.calendars}
    vanished = [row for row in left if _only_vanished(login, row, addresses, now)]
    after += [_vanished(row, now) for row in vanished]
    before = {row.id: row for row in rows}
    dropped = tuple(row.id for row in left if row not in vanished)
    return Choice(tuple(row for row in after if row != before.get(row.id)), dropped)


def standing(row: Calendar, info: CalendarInfo | None) -> Calendar:
    """The row with the one complaint a listing makes of a calendar it does list: that it can't be written to.

    For a row that is otherwise in order, also just after a successful reading; another error is left alone.
    """
    if info is None or row.error not in ("", READ_ONLY):
        return row
    plain = _cleared(row) if row.error == READ_ONLY else row
    if not row.written or info.writable:
        return plain
    return replace(
        plain, state=plain.state if row.checked else "no-access", error=READ_ONLY, hint=READ_ONLY_HINT
    )


# ---------------------------------------------------------------------------------------------------------------------
# What there should be


def _targets(login: Login, rows: Sequence[Calendar], listing: Listing) -> tuple[list[_Target], list[_Target]]:
    """The calendars wanted, each once however many texts mean it: those the server lists, and those it doesn't."""
    found: dict[str, _Target] = {}
    missing: dict[str, _Target] = {}
    for wish in _wishes(login, listing):
        target = _looked_up(wish, listing) if wish.info is None else wish
        pile, key = (found, target.info.href) if target.info else (missing, _known_as(target.texts[0], rows))
        pile[key] = _joined(pile[key], target) if key in pile else target
    return list(found.values()), list(missing.values())


def _wishes(login: Login, listing: Listing) -> Iterator[_Target]:
    if login.check is None:
        for info in listing.calendars:
            if info.owned and not info.transparent:
                yield _Target((), True, False, info)
    for text in login.check or ():
        yield _Target((text,), True, False)
    if login.write is not None:
        yield _Target((login.write,), False, True)


def _known_as(text: str, rows: Sequence[Calendar]) -> str:
    """The address by which a calendar that isn't listed now was known, if it was; else the text itself."""
    known = (row.href for row in rows if row.href and _means(text, row))
    return next(known, text)


def _means(text: str, row: Calendar) -> bool:
    return text == row.wanted or naming.named(text, href=row.href, name=row.name)


def _joined(one: _Target, other: _Target) -> _Target:
    return replace(
        one,
        texts=tuple(dict.fromkeys(one.texts + other.texts)),
        checked=one.checked or other.checked,
        written=one.written or other.written,
    )


def _looked_up(wish: _Target, listing: Listing) -> _Target:
    text = wish.texts[0]
    candidates = naming.meant(text, listing.calendars)
    if len({info.href for info in candidates}) == 1:
        return replace(wish, info=candidates[0])
    shown = clean(text, _NAME_LIMIT)
    if candidates:
        hrefs = ", ".join(sorted(clean(info.href, _NAME_LIMIT) for info in candidates)[:_MOST_LISTED])
        return replace(
            wish,
            error=f"{len(candidates)} calendars called {shown!r} at the server",
            hint=f"name one by its URL: {hrefs}",
        )
    names = sorted({_name(info) for info in listing.calendars})
    listed = ", ".join(names[:_MOST_LISTED]) + (", ..." if len(names) > _MOST_LISTED else "")
    return replace(
        wish,
        error=f"no calendar called {shown!r} at the server",
        hint=f"there are: {listed}" if names else "there are none",
    )


# ---------------------------------------------------------------------------------------------------------------------
# What there is


def _claimed(targets: Sequence[_Target], left: list[Calendar]) -> list[tuple[_Target, Calendar | None]]:
    """Each target with its row, which is taken out of `left`. The same address goes before the same configured text."""
    claims: dict[int, Calendar] = {}
    for fits in (_same_place, _same_text, _same_calendar):
        for number, target in enumerate(targets):
            row = next((row for row in left if number not in claims and fits(target, row)), None)
            if row is not None:
                left.remove(row)
                claims[number] = row
    return [(target, claims.get(number)) for number, target in enumerate(targets)]


def _same_place(target: _Target, row: Calendar) -> bool:
    return target.info is not None and row.href == target.info.href


def _same_text(target: _Target, row: Calendar) -> bool:
    return row.wanted is not None and row.wanted in target.texts


def _same_calendar(target: _Target, row: Calendar) -> bool:
    """A calendar that isn't listed now may be known under its other name (its URL, or by default choice)."""
    return target.info is None and any(
        naming.named(text, href=row.href, name=row.name) for text in target.texts
    )


def _found(login: Login, row: Calendar | None, target: _Target) -> Calendar:
    info = target.info
    assert info is not None  # noqa: S101 - tells the type checker what `_targets` sorted by
    row = row or _new(login)
    fresh = replace(
        row, wanted=target.texts[0] if target.texts else None, href=info.href, name=_name(info),
        checked=target.checked, written=target.written, missing_since=None,
    )  # fmt: skip
    if row.href is None or row.missing_since is not None:
        fresh = _cleared(fresh)
    if row.href is not None and row.href != info.href:
        fresh = replace(fresh, sync_state=None, revision="", window_start=None, window_end=None, held=None)
    return standing(fresh, info)


def _missing(login: Login, row: Calendar | None, target: _Target, now: datetime) -> Calendar:
    """Nothing known is lost; what counted by default choice goes on counting."""
    text = target.texts[0]
    row = row or replace(_new(login), name=clean(text, _NAME_LIMIT))
    counts = target.checked or (login.check is None and row.checked)
    since = (row.missing_since or now) if row.href is not None else None
    return replace(
        row, wanted=text, checked=counts, written=target.written, state="no-access", error=target.error,
        hint=target.hint, missing_since=since,
    )  # fmt: skip


def _only_vanished(login: Login, row: Calendar, listed: set[str], now: datetime) -> bool:
    """Does a row nobody wants only seem unwanted, because the listing lost it a moment ago?"""
    if login.check is not None or not row.checked or row.href is None or row.href in listed:
        return False
    return row.missing_since is None or now - row.missing_since < MISSING_FOR


def _vanished(row: Calendar, now: datetime) -> Calendar:
    since = row.missing_since or now
    return replace(
        row,
        wanted=None,
        written=False,
        state="no-access",
        error=UNLISTED,
        hint=UNLISTED_HINT,
        missing_since=since,
    )


def _cleared(row: Calendar) -> Calendar:
    return replace(row, state="never-seen" if row.seen_at is None else "ok", error="", hint="")


def _name(info: CalendarInfo) -> str:
    return clean(info.name, _NAME_LIMIT) or clean(naming.last_part(info.href), _NAME_LIMIT)


def _new(login: Login) -> Calendar:
    return Calendar(
        id=0, login_id=login.id, agent=login.agent, account=login.account, login=login.login, wanted=None, href=None,
        name="", checked=False, written=False, revision="", sync_state=None, seen_at=None, window_start=None,
        window_end=None, objects=0, unreadable=0, state="never-seen", error="", hint="", held=None, missing_since=None,
    )  # fmt: skip
