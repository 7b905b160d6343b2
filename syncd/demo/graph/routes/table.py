"""Which function answers which path and method (Graph v1.0; paths as its documentation lists them)."""

from collections.abc import Callable
from dataclasses import dataclass, field

from syncd.demo.graph.asking import Answer, Call
from syncd.demo.graph.refusal import Refused

Answering = Callable[[Call], Answer]
USER = "users/{user}"
SCOPES = (USER, f"{USER}/calendar", f"{USER}/calendars/{{calendar}}")
"""Where a mailbox's events are addressed: at itself and its default calendar, or in any calendar."""


@dataclass(slots=True)
class Route:
    """A path, in parts; those in braces are variable. `methods`: who answers."""

    parts: tuple[str, ...]
    methods: dict[str, Answering] = field(default_factory=dict)

    def match(self, segments: tuple[str, ...]) -> dict[str, str] | None:
        """The variable parts, None if it is another path. Fixed parts count in any case."""
        if len(segments) != len(self.parts):
            return None
        args: dict[str, str] = {}
        for part, said in zip(self.parts, segments, strict=True):
            if part.startswith("{"):
                args[part[1:-1]] = said
            elif part != said.lower():
                return None
        return args


TABLE: list[Route] = []
_KNOWN: dict[tuple[str, ...], Route] = {}


def route(method: str, *paths: str) -> Callable[[Answering], Answering]:
    """Let the function answer this method at these paths."""

    def register(answering: Answering) -> Answering:
        for path in paths:
            parts = tuple(part if part.startswith("{") else part.lower() for part in path.split("/"))
            if parts not in _KNOWN:
                _KNOWN[parts] = Route(parts)
                TABLE.append(_KNOWN[parts])
                TABLE.sort(key=lambda one: sum(part.startswith("{") for part in one.parts))
            _KNOWN[parts].methods[method] = answering
        return answering

    return register


def in_scopes(rest: str) -> tuple[str, ...]:
    """The paths of something under each way to address a mailbox's events."""
    return tuple(f"{scope}/{rest}" for scope in SCOPES)


def routed(method: str, segments: tuple[str, ...]) -> tuple[Answering, dict[str, str]]:
    """Who answers, and the variable parts. Raises Refused: 400 for a path nobody knows, 405 for a method."""
    for one in TABLE:
        args = one.match(segments)
        if args is None:
            continue
        if method not in one.methods:
            allowed = {"Allow": ", ".join(sorted(one.methods))}
            raise Refused(
                405,
                "Request_BadRequest",
                "Specified HTTP method is not allowed for the request target.",
                headers=allowed,
            )
        return one.methods[method], args
    where = segments[-1] if segments else ""
    raise Refused(400, "BadRequest", f"Resource not found for the segment '{where}'.")
