"""XML as real servers send it: tolerant where they are sloppy, strict where leniency would lose events or be unsafe.

Tolerated are control characters and split surrogates inside calendar data, bytes that are not UTF-8, and what is not well-formed as long
as it is all there. Not tolerated is a document cut short, or one with a DTD.
"""

import codecs
import re
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser, fromstring

from lxml import etree

from connectors.caldav.xml import DAV
from connectors.interface import Garbled

FORBIDDEN = bytes(byte for byte in range(0x20) if byte not in b"\t\n\r")
CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
REFERENCES = re.compile(r"(?:&#(?:[0-9]{1,8}|[xX][0-9a-fA-F]{1,8});)+")
REFERENCE = re.compile(r"&#([xX]?)([0-9a-fA-F]+);")
DECLARED = re.compile(rb"""\A\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
PLAIN = re.compile(
    rb"""\A(?:\xef\xbb\xbf)?\s*(?:<\?xml(?:(?!encoding)[^>]){0,200}"""
    rb"""(?:encoding\s*=\s*["'](?i:utf-?8|us-ascii)["'][^>]{0,200})?\?>\s*)?<[A-Za-z_]"""
)
"""How a document begins that has no DTD and is UTF-8: it needs no closer look. (Expat knows few other encodings.)"""

KEPT_REFERENCES = {0x22: "&#34;", 0x26: "&#38;", 0x27: "&#39;", 0x3C: "&#60;", 0x3E: "&#62;", 0x0D: "&#13;"}


def tree(body: bytes, host: str) -> Element | None:
    """The document's root; None for what is no XML, or has a DTD. Raises Garbled for a document that is not whole."""
    data = clean(body)
    if _has_dtd(data):
        return None
    try:
        return fromstring(data, XMLParser(encoding="utf-8"))  # noqa: S314  # it has no DTD
    except ParseError:
        return _recovered(data, host)


def clean(data: bytes) -> bytes:
    """UTF-8 without what XML 1.0 forbids, so that one event with a stray byte does not spoil its whole calendar."""
    declared = DECLARED.match(data)
    foreign = declared is not None and declared.group(1).lower() not in (b"utf-8", b"utf8", b"us-ascii")
    suspect = b"&#" in data or len(data.translate(None, FORBIDDEN)) != len(data)
    if not foreign and not suspect and _is_utf8(data):
        return data
    text = _decoded(data, declared.group(1).decode() if declared and foreign else "utf-8")
    return CONTROLS.sub("", REFERENCES.sub(_repaired, text)).encode()


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _decoded(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except (LookupError, UnicodeDecodeError):
        return data.decode("utf-8", errors="syncd-latin1")


def _one_byte_as_latin1(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("latin-1"), error.end


codecs.register_error("syncd-latin1", _one_byte_as_latin1)


def _repaired(run: re.Match[str]) -> str:
    """A run of character references: surrogate halves joined, what XML forbids dropped, markup kept as reference."""
    points = [
        int(digits, 16 if x else 10) if x or digits.isdigit() else 0
        for x, digits in REFERENCE.findall(run.group())
    ]
    units = "".join(chr(point) for point in points if point <= 0x10FFFF)
    joined = units.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return "".join(KEPT_REFERENCES.get(ord(char), char) for char in joined)


def _has_dtd(data: bytes) -> bool:
    """Is there a document type before the root element? (RFC 4918 needs none; entities are how XML attacks.)"""
    at = 0
    while True:
        at = _after_space(data, at)
        if data.startswith(b"<?", at):
            at = data.find(b"?>", at) + 2
        elif data.startswith(b"<!--", at):
            at = data.find(b"-->", at) + 3
        else:
            return data.startswith(b"<!", at)
        if at < 4:
            return False


def _after_space(data: bytes, at: int) -> int:
    while data[at : at + 1].isspace() or data.startswith(b"\xef\xbb\xbf", at):
        at += 3 if data.startswith(b"\xef\xbb\xbf", at) else 1
    return at


def _recovered(data: bytes, host: str) -> Element | None:
    """Read what is not well-formed by libxml2, which knows how to go on. (Expat, which does not, is faster.)"""
    parser = etree.XMLParser(
        encoding="utf-8",
        recover=True,
        huge_tree=True,
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
    )
    root = etree.fromstring(data, parser) if data.strip() else None
    if root is None:
        return None
    _whole(root, data, bool(parser.error_log), host)
    return _rebuilt(root)


def _rebuilt(root: etree._Element) -> Element:
    """The same tree in the form that `parse` reads, whatever its names are."""
    builder = TreeBuilder()
    for event, node in etree.iterwalk(root, events=("start", "end")):
        if event == "start":
            builder.start(str(node.tag), {str(name): str(value) for name, value in node.attrib.items()})
            builder.data(node.text or "")
        else:
            builder.end(str(node.tag))
            builder.data(node.tail or "")
    return builder.close()


def _whole(root: etree._Element, data: bytes, ill_formed: bool, host: str) -> None:
    """A document that was cut short, or that the parser lost members of, must not read as a shorter list."""
    name = f"{root.prefix}:{etree.QName(root).localname}" if root.prefix else etree.QName(root).localname
    closed_at_once = len(root) == 0 and data.rstrip().endswith(b"/>")
    ended = closed_at_once or f"</{name}".encode() in data[-4096:]
    lost = ill_formed and len(re.findall(rb"<(?:[\w.-]+:)?response[\s>/]", data)) != len(
        root.findall(f"{DAV}response")
    )
    if not ended or lost:
        raise Garbled(
            f"the XML of {host} is not whole", "look at the server's log; it is asked for less at a time"
        )
