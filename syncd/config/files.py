"""From files to one tree of values (TOML v1.0), remembering which file each key came from.

`include` names further files by patterns relative to the main file. Lists are appended, tables merged; a key that two
files set is refused, for nobody could say which one holds.
"""

import os
import tomllib
from dataclasses import dataclass, field
from glob import glob, has_magic
from pathlib import Path
from typing import Any

from syncd.config.keys import Path as KeyPath
from syncd.errors import ConfigInvalid, ConfigProblem, NotPermitted

PLACES = ("/etc/syncd/config.toml", "config.toml")


def find(path: Path | None) -> Path:
    """The configuration file: the one given, else $SYNCD_CONFIG, else the first of `PLACES` that exists.

    Raises `ConfigInvalid` naming every place looked at, `NotPermitted` where looking is not allowed.
    """
    named = path or (Path(os.environ["SYNCD_CONFIG"]) if os.environ.get("SYNCD_CONFIG") else None)
    if named is not None:
        if not _is_there(named):
            origin = "" if path else " ($SYNCD_CONFIG names it)"
            raise ConfigInvalid([ConfigProblem(str(named), "", f"there is no such file{origin}")], _HINT)
        return named
    for place in map(Path, PLACES):
        if _is_there(place):
            return place
    looked = ", ".join(("$SYNCD_CONFIG (not set)", *PLACES[:-1], f"./{PLACES[-1]}"))
    raise ConfigInvalid([ConfigProblem("", "", f"no configuration found; looked at {looked}")], _HINT)


_HINT = "name it with --config FILE; config.example.toml shows every setting"


def _is_there(path: Path) -> bool:
    try:
        return path.is_file()
    except PermissionError as error:
        raise _not_readable(path) from error


def _not_readable(path: Path) -> NotPermitted:
    return NotPermitted(
        f"{path}: not readable for this user",
        "run it as the user the service runs as: runuser -u syncd -- syncd ...",
    )


@dataclass
class Tree:
    """All files as one tree. `origins`: where a key stands, as file and path in that file, for tables and list items too."""

    main: Path
    values: dict[str, Any] = field(default_factory=dict)
    origins: dict[KeyPath, tuple[str, KeyPath]] = field(default_factory=dict)
    problems: list[ConfigProblem] = field(default_factory=list)

    def where(self, path: KeyPath) -> tuple[str, str]:
        """The file, and the key as it is called there, of a place in the tree."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.origins:
                file, start = self.origins[path[:length]]
                return file, written((*start, *path[length:]))
        return str(self.main), written(path)

    def problem(self, path: KeyPath, message: str) -> ConfigProblem:
        """The problem at a place in the tree."""
        return ConfigProblem(*self.where(path), message)


def written(path: KeyPath) -> str:
    """A path as people write it: `agents[2].calendars[0].account`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{_quoted(part)}"
    return text.removeprefix(".")


def _quoted(key: str) -> str:
    return key if key and all(c.isascii() and (c.isalnum() or c in "-_") for c in key) else repr(key)


def read(main: Path) -> Tree:
    """Read the main file and all it includes. What is wrong with them is in the tree's `problems`."""
    tree = Tree(main)
    _add(tree, main)
    for file in _included(tree):
        _add(tree, file)
    return tree


def _add(tree: Tree, file: Path) -> None:
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except tomllib.TOMLDecodeError as error:
        tree.problems.append(ConfigProblem(str(file), "", f"this is not TOML: {error}"))
    except UnicodeDecodeError:
        tree.problems.append(ConfigProblem(str(file), "", "this is not UTF-8 text"))
    except PermissionError as error:
        raise _not_readable(file) from error
    except OSError as error:
        tree.problems.append(ConfigProblem(str(file), "", f"it can't be read: {error.strerror}"))
    else:
        if file != tree.main and values.pop("include", None) is not None:
            tree.problems.append(ConfigProblem(str(file), "include", "stands in the main file only"))
        _merge(tree, tree.values, values, str(file), ())


def _included(tree: Tree) -> list[Path]:
    patterns = tree.values.get("include")
    if not isinstance(patterns, list) or not all(isinstance(one, str) for one in patterns):
        return []
    folder, found = tree.main.parent, dict[Path, Path]()
    for number, pattern in enumerate(patterns):
        names = sorted(glob(pattern, root_dir=folder, recursive=True))  # noqa: PTH207 - Path.glob refuses absolute patterns
        if not names and not has_magic(pattern):
            tree.problems.append(
                tree.problem(("include", number), f"there is no file {pattern!r} in {folder}")
            )
        for file in (folder / name for name in names):
            found.setdefault(file.resolve(), file)
    found.pop(tree.main.resolve(), None)
    return list(found.values())


def _merge(tree: Tree, into: dict[str, Any], values: dict[str, Any], file: str, path: KeyPath) -> None:
    for key, value in values.items():
        here = (*path, key)
        if key not in into:
            into[key] = value
            tree.origins[here] = (file, here)
            _remember_tables(tree, value, file, here)
        elif isinstance(into[key], dict) and isinstance(value, dict):
            _merge(tree, into[key], value, file, here)
        elif isinstance(into[key], list) and isinstance(value, list):
            for number, item in enumerate(value):
                tree.origins[*here, len(into[key])] = (file, (*here, number))
                into[key].append(item)
        else:
            other = tree.where(here)[0]
            tree.problems.append(
                ConfigProblem(file, written(here), f"is already set in {other}; set it in one file only")
            )


def _remember_tables(tree: Tree, value: object, file: str, path: KeyPath) -> None:
    """A table may grow by what other files say, so each of its keys keeps its own origin; lists know theirs by item."""
    if isinstance(value, dict):
        for key, below in value.items():
            tree.origins[*path, key] = (file, (*path, key))
            _remember_tables(tree, below, file, (*path, key))
