"""Who is invited: a guest's address, compared without case, is their identity within a meeting.

Addresses are checked simply (RFC 5321 section 4.5.3.1.3 gives the length); whether one can be reached, only mail tells.
No address ever stands in a refusal, for refusals are logged.
"""

from collections.abc import Iterable
from dataclasses import replace

from store.model import Guest
from syncd.rules.refusal import Refused
from syncd.rules.text import clean

ADDRESS_LIMIT = 254
NAME_LIMIT = 120
TAG_LIMIT = 64
"""Longest language tag or zone name that is taken."""

MOST_GUESTS = 100
"""More guests in one conversation are a slip, and their names would not fit into a calendar entry."""

_NOT_IN_AN_ADDRESS = frozenset('<>,;:"()[]\\')


def checked(guest: Guest) -> Guest:
    """The guest with cleaned texts; refused if the address can't be one or the name is far too long."""
    address = guest.email.strip()
    if not is_address(address):
        raise Refused(
            "the guest's address is not a mail address",
            f"one @ with something before and after it, no spaces, at most {ADDRESS_LIMIT} characters",
            field="email",
        )
    name = clean(guest.name)
    if len(name) > NAME_LIMIT:
        raise Refused(f"the guest's name is longer than {NAME_LIMIT} characters", field="name")
    return Guest(name, address, _tag(guest.language), _tag(guest.timezone))


def is_address(text: str) -> bool:
    """Could this be a mail address? One @, nothing empty beside it, no space, control or list punctuation."""
    local, at, domain = text.partition("@")
    whole = bool(local and at and domain) and "@" not in domain and len(text) <= ADDRESS_LIMIT
    return whole and text.isprintable() and " " not in text and _NOT_IN_AN_ADDRESS.isdisjoint(text)


def invited(guests: tuple[Guest, ...], guest: Guest) -> tuple[Guest, ...]:
    """The guests with a (checked) further one, at the end. A known address only has its details corrected."""
    for place, known in enumerate(guests):
        if identity(known) == identity(guest):
            return (*guests[:place], _corrected(known, guest), *guests[place + 1 :])
    if len(guests) >= MOST_GUESTS:
        raise Refused(f"there are {len(guests)} guests already, more than {MOST_GUESTS} are not invited")
    return (*guests, guest)


def replaced(guests: tuple[Guest, ...], old: str, guest: Guest) -> tuple[Guest, ...]:
    """The guests with a (checked) one in the place of the one with the address `old`; what that one had and this lacks stays.

    Done once it stands so already. Refused if nobody has that address.
    """
    wrong = next((known for known in guests if identity(known) == old.strip().casefold()), None)
    if wrong is None:
        if any(identity(known) == identity(guest) for known in guests):
            return invited(guests, guest)
        raise Refused(
            "no guest has the address that is to be replaced", "look at the guests: syncd meeting show ID"
        )
    right = replace(_corrected(wrong, guest), email=guest.email)
    if any(identity(known) == identity(right) for known in guests if known is not wrong):
        return invited(tuple(known for known in guests if known is not wrong), guest)
    return tuple(right if known is wrong else known for known in guests)


def gathered(guests: Iterable[Guest]) -> tuple[Guest, ...]:
    """The guests of a plan: each checked, each address once, in their order."""
    result: tuple[Guest, ...] = ()
    for place, guest in enumerate(guests):
        result = invited(result, _checked_at(place, guest))
    return result


def _checked_at(place: int, guest: Guest) -> Guest:
    try:
        return checked(guest)
    except Refused as refusal:
        raise Refused(refusal.message, refusal.hint, field=f"guests[{place}].{refusal.field}") from None


def same_guests(one: Iterable[Guest], other: Iterable[Guest]) -> bool:
    """Are the same people invited, under the same names? Their order says nothing."""
    return _by_identity(one) == _by_identity(other)


def identity(guest: Guest) -> str:
    """What makes a guest this guest."""
    return guest.email.casefold()


def _by_identity(guests: Iterable[Guest]) -> dict[str, Guest]:
    return {identity(guest): replace(guest, email=identity(guest)) for guest in guests}


def _corrected(known: Guest, told: Guest) -> Guest:
    """What is told now wins, what is left out stays; the address stays as it was first written."""
    return Guest(
        told.name or known.name, known.email, told.language or known.language, told.timezone or known.timezone
    )


def _tag(text: str | None) -> str | None:
    return clean(text, TAG_LIMIT) or None if text is not None else None
