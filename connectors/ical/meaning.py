"""What an event means for its owner's time: busy, free, declined, ... (RFC 5545 STATUS, TRANSP and PARTSTAT; Microsoft's
[MS-OXCICAL] X-MICROSOFT-CDO properties). Raw kinds only: whether a kind blocks is decided elsewhere.
"""

from collections.abc import Collection, Iterable
from functools import lru_cache
from urllib.parse import unquote

from connectors.ical.component import LONG, Component, Property, value_of
from connectors.interface import Status

_CDO = {
    "FREE": Status.FREE,
    "TENTATIVE": Status.TENTATIVE,
    "BUSY": Status.BUSY,
    "OOF": Status.OUT_OF_OFFICE,
    "WORKINGELSEWHERE": Status.WORKING_ELSEWHERE,
}
_FREEBUSY = {
    "FREE": Status.FREE,
    "BUSY-TENTATIVE": Status.TENTATIVE,
    "BUSY-UNAVAILABLE": Status.OUT_OF_OFFICE,
}
_SAID = ("STATUS", "TRANSP", "X-MICROSOFT-CDO-BUSYSTATUS", "X-MICROSOFT-CDO-INTENDEDSTATUS")
_SPEAKING = frozenset({*_SAID, "ATTENDEE"})
_OPEN = frozenset({"NEEDS-ACTION", "TENTATIVE", "DECLINED"})


def status_of(event: Component, addresses: Collection[str]) -> Status:
    """Say how the event stands for the owner of `addresses`.

    Cancelled and declined win over everything; then the event's own kind; not answered and provisional events are
    tentative where they would be busy or out of office otherwise.
    """
    if event.said.keys().isdisjoint(_SPEAKING):
        return Status.BUSY
    said = tuple(map(event.said.get, _SAID))
    status, kind = _understood(said) if len("".join(filter(None, said))) < LONG else _kinds(said)
    if status == "CANCELLED":
        return Status.CANCELLED
    if "ATTENDEE" not in event.said and status != "TENTATIVE":
        return kind
    answers = {answer.upper() for _, answer in own_answers(event, addresses)}
    if answers == {"DECLINED"}:
        return Status.DECLINED
    open_question = bool(answers) and answers <= _OPEN
    if (open_question or status == "TENTATIVE") and kind is not Status.FREE:
        return kind if kind is Status.WORKING_ELSEWHERE else Status.TENTATIVE
    return kind


def freebusy_status(line: Property) -> Status:
    """Say what a FREEBUSY line's FBTYPE means; anything unknown is busy (RFC 5545 section 3.2.9)."""
    return _FREEBUSY.get(line.parameters.get("FBTYPE", "BUSY").upper(), Status.BUSY)


def own_answers(event: Component, addresses: Collection[str]) -> list[tuple[str, str]]:
    """Return (address, PARTSTAT) for every ATTENDEE line that is the owner.

    The line's own address decides; SENT-BY (somebody who acts for the attendee) only if no line is the owner's own.
    """
    lines = event.every("ATTENDEE")
    own = _plain_addresses(tuple(addresses)) if lines else frozenset()
    if not lines or not own:
        return []
    return _answers(lines, own, ("", "EMAIL")) or _answers(lines, own, ("SENT-BY",))


@lru_cache(maxsize=256)
def _plain_addresses(addresses: tuple[str, ...]) -> frozenset[str]:
    return frozenset(map(plain_address, addresses))


def plain_address(text: str) -> str:
    """Reduce `MAILTO:Anna@Example.com` and the like to what can be compared."""
    return _remembered(text) if len(text) < LONG else _reduced(text)


def _reduced(text: str) -> str:
    address = text.strip().strip('"').strip()
    if address[:7].lower() == "mailto:":
        address = address[7:]
        address = (unquote(address) if "%" in address else address).partition("?")[0]
    return address.strip().casefold()


_remembered = lru_cache(maxsize=4096)(_reduced)
"""The same people meet again and again. Long texts are not kept, or strangers would decide how much is."""


def _answers(
    lines: Iterable[Property], own: frozenset[str], places: tuple[str, ...]
) -> list[tuple[str, str]]:
    found = []
    for line in lines:
        for place in places:
            text = line.parameters.get(place) if place else line.value
            if text and (address := plain_address(text)) in own:
                found.append((address, line.parameters.get("PARTSTAT", "NEEDS-ACTION")))
                break
    return found


def _kinds(said: tuple[str | None, ...]) -> tuple[str, Status]:
    """STATUS, and the event's own kind, which the other three say."""
    status, transp, *microsoft = (value_of("", rest).upper() if rest else "" for rest in said)
    # [MS-OXCICAL] 2.1.3.1.1.20.31: where the Microsoft kind is given it is the precise one, TRANSP its shadow.
    kind = next((_CDO[text] for text in microsoft if text in _CDO), Status.BUSY)
    if transp == "TRANSPARENT" and kind in {Status.BUSY, Status.TENTATIVE}:
        kind = Status.FREE
    return status, kind


_understood = lru_cache(maxsize=256)(_kinds)
"""Nearly all events say one of a few things. Long texts are not kept, or strangers would decide how much is."""
