"""What a server answers in WebDAV's XML: the members of a multistatus (RFC 4918 section 13), and what a refusal names."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import cast
from xml.etree.ElementTree import Element, ParseError, XMLPullParser

from connectors.caldav import sloppy
from connectors.caldav.xml import DAV
from connectors.http.wire import Answer
from connectors.interface import Garbled

RESPONSE, PROPSTAT, PROP, HREF, STATUS = (
    f"{DAV}{name}" for name in ("response", "propstat", "prop", "href", "status")
)


@dataclass(frozen=True, slots=True)
class Member:
    """A `response` of a multistatus: where, with what status (None: only properties), and its properties found."""

    href: str
    status: int | None
    props: Mapping[str, Element]

    def text(self, name: str) -> str:
        """A property's own text, "" if it was not given."""
        node = self.props.get(name)
        return (node.text or "").strip() if node is not None else ""

    def has(self, prop: str, child: str) -> bool:
        """Does the property hold that element?"""
        node = self.props.get(prop)
        return node is not None and node.find(child) is not None

    def href_in(self, prop: str) -> str:
        """The first href inside a property, "" if there is none."""
        node = self.props.get(prop)
        return ((node.findtext(f".//{DAV}href") if node is not None else "") or "").strip()


@dataclass(frozen=True, slots=True)
class Multistatus:
    """A 207's body (RFC 4918 section 13): its members, and the sync token of a sync-collection report ("" = none)."""

    members: tuple[Member, ...]
    token: str


def parse(answer: Answer, host: str) -> Multistatus:
    """Read a multistatus. Raises Garbled where it is none, or not whole."""
    root = _root(answer, host)
    if root.tag != f"{DAV}multistatus":
        raise _no_xml(answer, host)
    members = tuple(_member(node) for node in root.iterfind(RESPONSE))
    return Multistatus(members, (root.findtext(f"{DAV}sync-token") or "").strip())


class Arriving:
    """Reads a multistatus while it comes in: gives `take` each member as soon as it is whole, and lets go of it.

    For answers that hold many texts. Nothing is made of what is not plain XML, however little is wrong with it: what came before
    was right, and the rest may be asked for in another way.
    """

    def __init__(self, host: str, take: Callable[[Member], None]) -> None:
        self._host, self._take = host, take
        self._parser: XMLPullParser[Element] = XMLPullParser(("start", "end"))
        self._root: Element | None = None
        self._begun = False

    def feed(self, part: bytes) -> None:
        """Read on. Raises Garbled where the text goes wrong, and for one with a DTD."""
        if part and not self._begun:
            self._begun = True
            if not sloppy.PLAIN.match(part):
                raise self._spoiled()
        try:
            self._parser.feed(part)
            for event, node in cast("Iterator[tuple[str, Element]]", self._parser.read_events()):
                self._note(event, node)
        except ParseError as error:
            raise self._spoiled() from error
        if self._root is not None:
            self._root.clear()

    def _note(self, event: str, node: Element) -> None:
        if event == "start":
            self._root = node if self._root is None else self._root
        elif node.tag == RESPONSE:
            self._take(_member(node))

    def _spoiled(self) -> Garbled:
        return Garbled(f"the XML of {self._host} is not well-formed", "look at the server's log")


def preconditions(answer: Answer) -> frozenset[str]:
    """The conditions a refusal names in its body (RFC 4918 section 16), without namespace; empty where it says nothing."""
    try:
        root = _root(answer, "")
    except Garbled:
        return frozenset()
    if root.tag != f"{DAV}error":
        return frozenset()
    return frozenset(node.tag.rpartition("}")[2] for node in root)


def _root(answer: Answer, host: str) -> Element:
    root = sloppy.tree(answer.body, host)
    if root is None:
        raise _no_xml(answer, host)
    return root


def is_page(answer: Answer) -> bool:
    """Is this a web page (a sign-in, a proxy's excuse), whatever was asked for?"""
    start = answer.body[:512].lstrip().lower()
    return "html" in answer.header("Content-Type").lower() or start.startswith((b"<!doctype html", b"<html"))


def page(host: str) -> Garbled:
    """What to say of a web page."""
    return Garbled(
        f"{host} answered with a web page instead of calendar data",
        "is the account's url its CalDAV address? For Nextcloud it ends in /remote.php/dav/",
    )


def _no_xml(answer: Answer, host: str) -> Garbled:
    if is_page(answer):
        return page(host)
    return Garbled(
        f"{host} answered something that is not the XML asked for", "is the account's url a CalDAV address?"
    )


def _member(node: Element) -> Member:
    props: dict[str, Element] = {}
    href = status = None
    for child in node:
        if child.tag == PROPSTAT:
            prop = child.find(PROP)
            if prop is not None and status_code(child.findtext(STATUS)) in (None, 200):
                props.update({one.tag: one for one in prop})
        elif child.tag == HREF and href is None:
            href = child.text
        elif child.tag == STATUS and status is None:
            status = child.text
    return Member((href or "").strip(), status_code(status), props)


def status_code(line: str | None) -> int | None:
    """The code of "HTTP/1.1 404 Not Found"; None where there is none."""
    match = re.search(r"\b([1-5]\d\d)\b", line or "")
    return int(match.group(1)) if match else None
