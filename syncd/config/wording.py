"""How a value is refused: errors whose text says what was expected, and the near miss where there is one.

No text repeats a value that could be a secret. Errors are raised inside pydantic, which adds where in the file it was.
"""

import re
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import Any

from pydantic_core import PydanticCustomError


def wrong(message: str, *key: str) -> PydanticCustomError:
    """An error with this text; `key` is where below the present place it is, for errors that a whole table raises."""
    return PydanticCustomError("syncd", "{message}", {"message": message, "key": key})


def near(word: str, choices: Iterable[str]) -> str:
    """`; did you mean 'x'?` where one of the choices is close, else nothing."""
    found = get_close_matches(word, list(choices), n=1, cutoff=0.6)
    return f"; did you mean {found[0]!r}?" if found else ""


def matching(pattern: str, expected: str) -> Callable[[str], str]:
    """A check that a text has this form."""
    form = re.compile(pattern)

    def check(value: str) -> str:
        if form.fullmatch(value) is None:
            raise wrong(expected)
        return value

    return check


def table_of(value: object) -> dict[str, Any]:
    """The value if it is a table, else an empty one: for looking around in what may be wrong."""
    return value if isinstance(value, dict) else {}


def rows_of(value: object) -> list[tuple[int, dict[str, Any]]]:
    """The tables in a list with their places, and nothing else."""
    return (
        [(number, row) for number, row in enumerate(value) if isinstance(row, dict)]
        if isinstance(value, list)
        else []
    )
