"""Text from the platform becomes one harmless line, and nothing but what is harmful is lost."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.rules.text import clean

anything = st.text(st.characters(), max_size=80)  # surrogates and controls included


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("Mortgage advice", "Mortgage advice"),
        ("  two  words ", "two  words"),
        ("line\r\nBcc: someone", "line Bcc: someone"),
        ("tab\tbed", "tab bed"),
        ("nul\x00 bell\x07 escape\x1b[31m", "nul bell escape[31m"),
        ("c1 \x85next\x9b", "c1  next"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("\u2066isolated\u2069", "isolated"),
        ("paragraph\u2029two", "paragraph two"),
        ("half \ud83d emoji", "half  emoji"),
        ("\ufeffmark", "mark"),
        ("Zoë 🙂 שלום", "Zoë 🙂 שלום"),
        ("\n\t\r", ""),
    ],
)
def test_what_is_taken_out(raw: str, cleaned: str) -> None:
    assert clean(raw) == cleaned


def test_a_limit_cuts_and_leaves_no_space_at_the_end() -> None:
    assert clean("four five", 5) == "four"
    assert clean("four", 4) == "four"


@given(anything)
def test_no_control_surrogate_or_break_survives(raw: str) -> None:
    line = clean(raw)
    assert not any(unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") for letter in line)
    assert all(unicodedata.bidirectional(letter) not in _DIRECTIONS for letter in line)
    assert line == line.strip()
    assert len(line.encode()) >= len(line)


@given(anything, st.none() | st.integers(1, 40))
def test_cleaning_twice_is_cleaning_once(raw: str, limit: int | None) -> None:
    once = clean(raw, limit)
    assert clean(once, limit) == once
    assert limit is None or len(once) <= limit


@given(st.text(st.characters(categories=["L", "N", "P"]), max_size=80))
def test_letters_numbers_and_punctuation_stay(raw: str) -> None:
    assert clean(raw) == raw


_DIRECTIONS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
