"""One line per state change, key=value, to stderr: the journal of a service, readable by people and by grep.

What never stands in a line: a secret, a guest's address, a foreign event's title. Under systemd each line carries its
priority (sd-daemon(3)), which the journal strips.
"""

import logging
import os
import sys

LOGGER = logging.getLogger("syncd")
PRIORITIES = ((logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6))


class KeyValueFormatter(logging.Formatter):
    """`<priority>` for the journal, else the time; then the line."""

    def __init__(self, journal: bool) -> None:
        super().__init__("%(message)s" if journal else "%(asctime)s %(levelname)s %(message)s")
        self.journal = journal

    def format(self, record: logging.LogRecord) -> str:
        """One record, one line."""
        line = super().format(record).replace("\n", " ")
        if not self.journal:
            return line
        priority = next((number for level, number in PRIORITIES if record.levelno >= level), 7)
        return f"<{priority}>{line}"


def set_up(level: int = logging.INFO) -> None:
    """Send syncd's own lines to stderr; of libraries only warnings."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(KeyValueFormatter("JOURNAL_STREAM" in os.environ))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    LOGGER.setLevel(level)


def quoted(value: object) -> str:
    """A value as it stands behind `key=`: quoted where it holds a space, a quote or nothing."""
    text = str(value)
    if text and not any(letter in text for letter in ' "='):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', "'") + '"'


def line(what: str, /, **fields: object) -> str:
    """`what key=value ...`; fields that are None are left out."""
    return " ".join([what, *(f"{key}={quoted(value)}" for key, value in fields.items() if value is not None)])


def info(what: str, /, **fields: object) -> None:
    """Something changed its state."""
    LOGGER.info("%s", line(what, **fields))


def warning(what: str, /, **fields: object) -> None:
    """Something changed its state, and a person may have to act."""
    LOGGER.warning("%s", line(what, **fields))


def error(what: str, /, **fields: object) -> None:
    """Something failed that should not: a defect, or the store is gone."""
    LOGGER.error("%s", line(what, **fields))
