"""The words that come with syncd: every language says the same, with the same variables, and nothing is left in English."""

import re
import tomllib
from collections.abc import Iterator

import pytest

from syncd.mail.wording import SHIPPED

FILLED = re.compile(r"\{\{.*?\}\}|\{%.*?%\}")
ALIKE = {"labels.link"}
"""What is the same word in other languages."""


def words(language: str) -> dict[str, str]:
    """Its texts, by section and name."""

    def texts(value: dict[str, object], path: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
        for name, one in value.items():
            if isinstance(one, dict):
                yield from texts(one, (*path, name))
            else:
                yield ".".join((*path, name)), str(one)

    return dict(texts(tomllib.loads((SHIPPED / f"words.{language}.toml").read_text(encoding="utf-8"))))


@pytest.mark.parametrize("language", ["nl", "de"])
def test_each_sentence_has_the_same_variables_in_every_language(language: str) -> None:
    """Their order may differ. What a condition asks for is what it asks in English."""
    english, other = words("en"), words(language)
    assert {name: sorted(FILLED.findall(text)) for name, text in other.items()} == {
        name: sorted(FILLED.findall(text)) for name, text in english.items()
    }


@pytest.mark.parametrize("language", ["nl", "de"])
def test_nothing_is_left_in_english(language: str) -> None:
    english, other = words("en"), words(language)
    said = {name for name, text in english.items() if FILLED.sub("", text).strip()}
    assert {name for name in said if other[name] == english[name]} <= ALIKE


@pytest.mark.parametrize("language", ["en", "nl", "de"])
def test_what_carries_an_invitation_has_the_title_alone_for_its_subject(language: str) -> None:
    subjects = {
        name.split(".")[1]: text
        for name, text in words(language).items()
        if name.startswith("guest.") and name.endswith(".subject")
    }
    alone = {notice for notice, text in subjects.items() if text == "{{ meeting.title }}"}
    assert alone == {"planned", "invited", "rescheduled", "assigned"}
