"""Text from the platform is untrusted: what could forge a line, a header or a reading direction is taken out of it.

Controls are those of Unicode category Cc (C0, DEL, C1), the directional formatting characters are those of UAX #9
section 2; RFC 5545 section 3.1 and RFC 5322 section 2.2 forbid controls in what we write into calendars and mails.
"""

import re

_BREAKS = re.compile("[\t\n\v\f\r\x85\u2028\u2029]+")
_UNWANTED = re.compile(
    "[\x00-\x1f\x7f-\x9f"  # controls
    "\u202a-\u202e\u2066-\u2069"  # directional embeddings, overrides and isolates
    "\ud800-\udfff\ufeff\ufffe\uffff]"  # lone surrogates, byte order mark, noncharacters: UTF-8 or XML can't hold them
)


def clean(text: str, limit: int | None = None) -> str:
    """The text as one harmless line: breaks and tabs become a space, controls and bidi overrides go, ends are stripped.

    With a `limit` (characters) what is longer is cut. Cleaning twice is cleaning once.
    """
    line = _UNWANTED.sub("", _BREAKS.sub(" ", text)).strip()
    return line if limit is None else line[:limit].rstrip()
