"""What a letter says, in its reader's language: templates filled with a letter's values and with nothing else.

Jinja2 in its immutable sandbox, autoescaped for HTML: what an admin overrides can show what a mail is about, and do nothing.
Templates are looked for in the admin's folder first, file by file, then among those that come with syncd. Dates and zones
are told by Babel (CLDR), in the reader's zone, with the zone named.
"""

import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time, get_timezone_name
from jinja2 import BaseLoader, FileSystemLoader, StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from syncd.errors import SyncdError
from syncd.mail.letter import Letter
from syncd.rules.drift import REASON
from syncd.rules.notices import OVER
from syncd.rules.text import clean

SHIPPED = Path(__file__).parent / "templates"
LANGUAGE = "en"
"""For readers whose language has no words here."""

WITH_REASON = ("rescheduled", "cancelled")


class TemplateBroken(SyncdError):
    """A template or a file of words can't be used. The hint names it."""


@dataclass(frozen=True, slots=True)
class Said:
    """A letter in words."""

    subject: str
    text: str
    html: str


class Wording:
    """Templates of one folder (None: only those that come with syncd)."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folders = [one for one in (folder, SHIPPED) if one is not None]
        loader: BaseLoader = FileSystemLoader(self._folders)
        self._pages = ImmutableSandboxedEnvironment(
            loader=loader, undefined=StrictUndefined, keep_trailing_newline=True,
            autoescape=lambda name: name is not None and name.endswith(".html"),
        )  # fmt: skip
        self._words: dict[str, Mapping[str, Any]] = {}

    def say(self, letter: Letter) -> Said:
        """The letter in words. Raises `TemplateBroken`."""
        language, words = self._in_language(letter.reader.language)
        shown, file = variables(letter, language), f"words.{language}.toml"
        spoken = _spoken(words, letter, file)
        if shown["meeting"]["reason"] == REASON:  # syncd's own words, not a person's
            shown["meeting"]["reason"] = words["labels"].get("in_calendar", REASON)
        shown |= {"labels": words["labels"], "text": self._line(spoken["text"], shown, file)}
        shown["subject"] = self._line(spoken["subject"], shown, file)
        text, html = (self._page(letter, ending, shown) for ending in ("txt", "html"))
        return Said(shown["subject"], text, html)

    def _line(self, template: str, shown: Mapping[str, Any], file: str) -> str:
        with _naming(file):
            return clean(self._pages.from_string(template).render(shown))

    def _page(self, letter: Letter, ending: str, shown: Mapping[str, Any]) -> str:
        """The most particular page there is: of this audience and notice, else the one for all."""
        names = [f"{letter.reader.role}-{letter.notice}.{ending}", f"message.{ending}"]
        with _naming(names[-1]):
            page = self._pages.select_template(names)
        with _naming(page.name or ""):
            return page.render(shown)

    def _in_language(self, tag: str) -> tuple[str, Mapping[str, Any]]:
        """The words of a language by its tag, else of the language without its region, else the English ones."""
        for language in (tag, tag.partition("-")[0].lower(), LANGUAGE):
            words = self._words.get(language) or self._read(language)
            if words is not None:
                self._words[language] = words
                return language, words
        raise TemplateBroken(f"words.{LANGUAGE}.toml is missing", "install syncd anew")

    def _read(self, language: str) -> Mapping[str, Any] | None:
        if not language.replace("-", "").isalnum():
            return None
        for folder in self._folders:
            path = folder / f"words.{language}.toml"
            try:
                return tomllib.loads(path.read_text(encoding="utf-8"))
            except FileNotFoundError:
                continue
            except (OSError, ValueError) as error:
                raise TemplateBroken(f"{path} can't be read: {error}", "mend it, or remove it") from error
        return None


def _spoken(words: Mapping[str, Any], letter: Letter, file: str) -> Mapping[str, str]:
    section = f"{letter.reader.role}.{letter.notice}"
    spoken = words.get(letter.reader.role, {}).get(letter.notice, {})
    if "labels" not in words or not {"subject", "text"} <= set(spoken):
        raise TemplateBroken(
            f"{file} lacks [labels], or subject and text in [{section}]",
            "copy the file that comes with syncd and change the words in it",
        )
    return dict(spoken)


@contextmanager
def _naming(file: str) -> Iterator[None]:
    """What a template does wrong is told with its file, and its line where that is known."""
    try:
        yield
    except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError) as error:
        name, line = getattr(error, "name", None), getattr(error, "lineno", None)
        where = f"{name or file}{f', line {line}' if line else ''}"
        raise TemplateBroken(
            f"the template {where} can't be filled in: {error}", "docs/mail.md lists what a template can show"
        ) from error


def variables(letter: Letter, language: str) -> dict[str, Any]:
    """All that a template can show (docs/mail.md)."""
    meeting, reader = letter.meeting, letter.reader
    link = "" if letter.notice in OVER else clean(letter.link)
    place = _locale(reader.language, language)
    return {
        "notice": letter.notice,
        "language": language,
        "reader": {"role": reader.role, "name": clean(reader.name)},
        "agent": {"id": letter.agent.id, "name": clean(letter.agent.name), "email": letter.agent.email},
        "guests": tuple(clean(guest.name or guest.email) for guest in meeting.guests),
        "link": link,
        "href": link if _is_web(link) else "",
        "meeting": {
            "id": meeting.id, "title": clean(meeting.title), "group": meeting.group or "",
            "when": when(meeting.start, meeting.end, reader.zone, place),
            "before": when(*letter.before, reader.zone, place) if letter.before else "",
            "starts_at": _time(meeting.start, ZoneInfo(reader.zone), place),
            "reason": clean(meeting.reason) if letter.notice in WITH_REASON else "",
            "cancelled_by": meeting.cancelled_by or "",
        },
    }  # fmt: skip


def _is_web(link: str) -> bool:
    """May it be made clickable? What is no address at all is shown as it is."""
    try:
        return urlsplit(link).scheme in ("https", "http")
    except ValueError:
        return False


def when(start: datetime, end: datetime, zone: str, locale: Locale) -> str:
    """Day, from and to, in the reader's zone: "Monday, 2 March 2026, 10:00 - 11:00 (Central European Standard Time)"."""
    place = ZoneInfo(zone)
    days = [format_date(moment.astimezone(place), "full", locale=locale) for moment in (start, end)]
    times = [_time(moment, place, locale) for moment in (start, end)]
    until = times[1] if days[0] == days[1] else f"{days[1]}, {times[1]}"
    return f"{days[0]}, {times[0]} \u2013 {until} ({_named(start.astimezone(place), locale, zone)})"


def _time(moment: datetime, zone: ZoneInfo, locale: Locale) -> str:
    return format_time(moment, "short", tzinfo=zone, locale=locale).replace("\u202f", " ")


def _named(moment: datetime, locale: Locale, zone: str) -> str:
    """The zone as people say it, with the city where its name alone says little."""
    name = get_timezone_name(moment, width="long", locale=locale)
    city = zone.rpartition("/")[2].replace("_", " ")
    return name if city in name or zone == "UTC" else f"{name}, {city}"


@lru_cache(maxsize=64)
def _locale(tag: str, language: str) -> Locale:
    """How dates are told in the language of the words, and if it is the reader's, in the reader's region."""
    names = [
        name
        for name in (tag, language)
        if name.partition("-")[0].lower() == language.partition("-")[0].lower()
    ]
    for name in names:
        try:
            return Locale.parse(name, sep="-")
        except (ValueError, UnknownLocaleError):
            continue
    return Locale.parse(LANGUAGE)
