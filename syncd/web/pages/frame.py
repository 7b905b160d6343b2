"""An answer as HTML: Jinja2 with everything escaped, the words from one file, and the headers that every answer has.

A name, title or reason is a stranger's text. It is escaped by the template engine, stands in a `bdi` element of its own so
that its direction stays inside (HTML, section 4.5.24), and nothing in a page could run if it got out (`guard`).
"""

import hashlib
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, RedirectResponse, Response

from syncd import __version__
from syncd.rules.text import clean
from syncd.web.pages import drawing, telling
from syncd.web.pages.guard import HEADERS
from syncd.web.pages.visit import Visit, address
from syncd.web.problems import NO_SUCH_PATH, problem

HERE = Path(__file__).parent
STATIC = HERE / "static"
KINDS = {".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
SEE_OTHER = 303


class Frame:
    """The templates and words, read once."""

    def __init__(self) -> None:
        self.words: dict[str, Any] = tomllib.loads(
            (HERE / "templates" / "words.en.toml").read_text(encoding="utf-8")
        )
        self.files = {path.name: path.read_bytes() for path in STATIC.iterdir() if path.suffix in KINDS}
        self._templates = Environment(
            loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
            lstrip_blocks=True,
        )  # fmt: skip
        self._templates.globals |= {
            "t": self.words, "address": address, "draw": drawing, "tell": telling, "clean": clean,
            "version": __version__, "stamp": self._stamp(),
        }  # fmt: skip

    def _stamp(self) -> str:
        """Changes when a file does, so that browsers may keep the files for good."""
        return hashlib.sha256(b"".join(self.files[name] for name in sorted(self.files))).hexdigest()[:12]

    def page(self, visit: Visit | None, template: str, *, code: int = 200, **values: object) -> Response:
        """A page. Without a visit it is one for somebody who is not signed in."""
        shown = {"visit": visit, "here": template, "note": self._note(visit), **values}
        return HTMLResponse(self._templates.get_template(template).render(shown), code)

    def _note(self, visit: Visit | None) -> str:
        """What was just done, told by a word in the address: nobody can put words of theirs there."""
        done = visit.query.get("done", "") if visit is not None else ""
        told = self.words["done"].get(done, "")
        return told if isinstance(told, str) else ""

    def file(self, name: str) -> Response:
        """A file of `static`; 404 for anything else."""
        if name not in self.files:
            return problem(NO_SUCH_PATH, "nothing is at this address")
        kept = {"Cache-Control": "public, max-age=31536000, immutable"}
        return Response(self.files[name], media_type=KINDS[Path(name).suffix], headers=kept)


@cache
def the_frame() -> Frame:
    """One for the whole process: templates are compiled once."""
    return Frame()


def see(path: str, /, **query: str) -> Response:
    """Go on to another page by GET, so that reloading it repeats nothing."""
    return RedirectResponse(address(path, **query), SEE_OTHER)


def guarded(answer: Response, more: Mapping[str, str]) -> Response:
    """The answer with the headers that all have; what it says itself about being kept stays."""
    for name, value in {**HEADERS, **more}.items():
        answer.headers.setdefault(name, value)
    return answer
