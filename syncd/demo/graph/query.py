"""OData's query options, as far as calendars need them: $select, $expand, $filter, $orderby, $top, $skip, $count."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from syncd.demo.graph.asking import Call
from syncd.demo.graph.reading import property_key
from syncd.demo.graph.refusal import Json, Refused, bad_request
from syncd.demo.graph.things import Entry

MOST = 1000
TEXT = r"'((?:[^']|'')*)'"
ANY = re.compile(
    rf"singleValueExtendedProperties/any\((\w+):\s*\1/id eq {TEXT} and "
    rf"(?:\1/value (eq|ne) {TEXT}|(contains|startswith)\(\1/value,\s*{TEXT}\))\)\Z",
    re.IGNORECASE,
)
COMPARED = re.compile(rf"([\w/]+) (eq|ne|ge|gt|le|lt) (?:{TEXT}|([\w:.+-]+))\Z")
BEGINS = re.compile(rf"startswith\(([\w/]+),\s*{TEXT}\)\Z", re.IGNORECASE)
EXPANDED = re.compile(rf"singleValueExtendedProperties\(\s*\$filter\s*=\s*id eq {TEXT}\s*\)\Z", re.IGNORECASE)
OUTSIDE = re.compile(r"'(?:[^']|'')*'|[()]| and ")
Test = Callable[[Entry | None, Json], bool]


@dataclass(frozen=True, slots=True)
class Row:
    """A thing to be listed: its JSON, and for an event what holds its extended properties."""

    entry: Entry | None
    said: Json


def listed(call: Call, rows: list[Row], *, default: int) -> Json:
    """A page of a list: filtered, ordered, cut, with a nextLink by $skip where more follows."""
    query = call.request.query
    if "$filter" in query:
        tests = [_test(part) for part in _parts(query["$filter"].strip())]
        rows = [row for row in rows if all(test(row.entry, row.said) for test in tests)]
    if "$orderby" in query:
        rows = _ordered(rows, query["$orderby"])
    top = _number(query, "$top") or call.prefer.page or default
    skip = _number(query, "$skip")
    if top > MOST:
        raise Refused(400, "ErrorInvalidParameter", f"The value of $top must be at most {MOST}.")
    page = rows[skip : skip + top]
    said: Json = {"@odata.context": context(call), "value": [shaped(call, row) for row in page]}
    if query.get("$count", "").lower() == "true":
        said["@odata.count"] = len(rows)
    if skip + top < len(rows):
        said["@odata.nextLink"] = _next(call, skip + top)
    return said


def one(call: Call, row: Row) -> Json:
    """A single thing."""
    return {"@odata.context": f"{context(call)}/$entity", **shaped(call, row)}


def shaped(call: Call, row: Row) -> Json:
    """Only what is selected, and what is expanded."""
    said, query = row.said, call.request.query
    if "$select" in query:
        wanted = {name.strip() for name in query["$select"].split(",")} | {"id", "@odata.etag"}
        said = {key: value for key, value in said.items() if key in wanted}
    if "$expand" in query:
        said = {**said, **_expanded(row.entry, query["$expand"])}
    return said


def context(call: Call) -> str:
    """The address of the metadata an answer is described by."""
    return f"{call.request.base}/$metadata#{'/'.join(quote(part) for part in call.request.segments)}"


def _expanded(entry: Entry | None, said: str) -> Json:
    if said.strip() in ("exceptionOccurrences", "calendar", "extensions", "attachments"):
        return {}
    found = EXPANDED.match(said.strip())
    if found is None:
        raise bad_request("Parsing OData Select and Expand failed.")
    wanted = property_key(_unquoted(found[1]))
    held = [
        {"id": key, "value": value}
        for key, value in (entry.extended.items() if entry else ())
        if key == wanted
    ]
    return {"singleValueExtendedProperties": held} if held else {}


def _parts(said: str) -> list[str]:
    """What stands between the "and"s that are neither quoted nor in brackets."""
    found, depth, begun = [], 0, 0
    for token in OUTSIDE.finditer(said):
        depth += {"(": 1, ")": -1}.get(token[0], 0)
        if token[0] == " and " and depth == 0:
            found.append(said[begun : token.start()])
            begun = token.end()
    return [*found, said[begun:]]


def _test(said: str) -> Test:
    if found := ANY.match(said.strip()):
        return _property_test(found)
    if found := COMPARED.match(said.strip()):
        return _comparison(found[1], found[2], _unquoted(found[3] or found[4]))
    if found := BEGINS.match(said.strip()):
        path, text = found[1], _unquoted(found[2]).casefold()
        return lambda _, row: str(_at(row, path) or "").casefold().startswith(text)
    raise Refused(400, "ErrorInvalidUrlQueryFilter", "The query filter contains one or more invalid nodes.")


def _property_test(found: re.Match[str]) -> Test:
    """An extended property's name counts by letter, its value does not."""
    key, how = property_key(_unquoted(found[2])), (found[3] or found[5]).lower()
    text = _unquoted(found[4] or found[6] or "").casefold()

    def test(entry: Entry | None, _: Json) -> bool:
        held = entry.extended.get(key) if entry else None
        if held is None:
            return False
        value = held.casefold()
        return {
            "eq": value == text, "ne": value != text, "contains": text in value, "startswith": value.startswith(text),
        }[how]  # fmt: skip

    return test


def _comparison(path: str, how: str, text: str) -> Test:
    def test(_: Entry | None, row: Json) -> bool:
        value = _at(row, path)
        held = str(value).lower() if isinstance(value, bool) else str(value)
        if value is None:
            return (how == "ne") != (text == "null")
        if path.lower().endswith("datetime"):
            held, given = held.rstrip("Z")[:19], text.rstrip("Z")[:19]
        else:
            given = text
        return {
            "eq": held == given, "ne": held != given, "ge": held >= given, "gt": held > given, "le": held <= given,
            "lt": held < given,
        }[how]  # fmt: skip

    return test


def _at(row: Json, path: str) -> object:
    value: object = row
    for name in path.split("/"):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _ordered(rows: list[Row], said: str) -> list[Row]:
    for part in reversed(said.split(",")):
        path, _, way = part.strip().partition(" ")
        rows = sorted(rows, key=_by(path), reverse=way.lower() == "desc")
    return rows


def _by(path: str) -> Callable[[Row], str]:
    return lambda row: str(_at(row.said, path) or "")


def _number(query: dict[str, str], name: str) -> int:
    text = query.get(name, "0")
    if not text.isdigit():
        raise Refused(400, "ErrorInvalidParameter", f"Invalid value '{text}' for {name}.")
    return int(text)


def _unquoted(text: str) -> str:
    return text.replace("''", "'")


def _next(call: Call, skip: int) -> str:
    kept = {key: value for key, value in call.request.query.items() if key != "$skip"}
    names = {"startdatetime": "startDateTime", "enddatetime": "endDateTime"}
    pairs = [f"{names.get(key, key)}={quote(value, safe='')}" for key, value in kept.items()]
    return f"{call.link}?{'&'.join([*pairs, f'$skip={skip}'])}"
