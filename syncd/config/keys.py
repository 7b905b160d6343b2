"""Which keys there are where: read from the models themselves, so that no list of them can grow old.

A path is the keys from the top; in it an integer (or "*") is a place in a list, and a name in [accounts] or [groups] is
whatever the operator chose.
"""

from collections.abc import Iterator, Mapping
from types import UnionType
from typing import Annotated, TypeGuard, Union, get_args, get_origin

from syncd.config.model import Config
from syncd.config.sections import Section
from syncd.config.wording import near

Path = tuple[str | int, ...]


def keys_of(section: type[Section]) -> dict[str, object]:
    """The keys of a table as they stand in a file, with the type of each."""
    return {
        field.alias or name: field.annotation
        for name, field in section.model_fields.items()
        if not field.exclude
    }


def section_at(path: Path) -> type[Section] | None:
    """The table this path leads to; None where there is none."""
    shape: object = Config
    for part in path:
        shape = _below(shape, part)
    return shape if _is_section(shape) else None


def every_key(section: type[Section] = Config, path: Path = ()) -> Iterator[Path]:
    """The path of every key there can be, "*" for each place in a list and each name that is free."""
    for key, annotation in keys_of(section).items():
        below, here = _inner(annotation), (*path, key)
        yield here
        while not _is_section(below) and get_origin(below) in (tuple, Mapping):
            below, here = _below(below, "*"), (*here, "*")
        if _is_section(below):
            yield from every_key(below, here)


def unknown(path: Path) -> str:
    """What to say of a key that does not exist: what was probably meant, where it belongs, or what there is."""
    *above, key = path
    section = section_at(tuple(above))
    known = keys_of(section) if section else {}
    home = next((other for other in every_key() if other[-1] == key), None)
    if close := near(str(key), known):
        return f"unknown key{close}"
    if home is not None:
        return f"unknown key here; it belongs {_home(home[:-1])}"
    return f"unknown key; here can stand: {', '.join(known)}"


def _home(path: Path) -> str:
    if not path:
        return "at the top of the file, before the first [table]"
    name = ".".join(str(part) for part in path if part != "*")
    in_list = path[-1] == "*" and path[0] not in ("accounts", "groups")
    return f"in [[{name}]]" if in_list else f"in [{name}]"


def _below(shape: object, part: str | int) -> object:
    if _is_section(shape):
        return _inner(keys_of(shape).get(str(part)))
    if get_origin(shape) is tuple:
        return _inner(get_args(shape)[0])
    return _inner(get_args(shape)[1]) if get_origin(shape) is Mapping else None


def _inner(annotation: object) -> object:
    """The type without `Annotated` and `| None`."""
    if get_origin(annotation) is Annotated:
        return _inner(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return _inner(next(one for one in get_args(annotation) if one is not type(None)))
    return annotation


def _is_section(shape: object) -> TypeGuard[type[Section]]:
    return isinstance(shape, type) and issubclass(shape, Section)
