"""The house keeps its own rules: file lengths, docstrings, imports, words, pinned packages, a reason beside each exception.

What each rule is for stands in docs/architecture.md.
"""

import ast
import io
import re
import subprocess
import sys
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("syncd", "connectors", "store")
EVERY_FILE = sorted(
    path for room in (*ROOMS, "bench", "docs", "tests") for path in (ROOT / room).rglob("*.py")
)
PRODUCT = [path for path in EVERY_FILE if path.relative_to(ROOT).parts[0] in ROOMS]
LONGEST = 400

name_of = {"ids": lambda path: path.relative_to(ROOT).as_posix()}


def parsed(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def test_there_are_files_to_judge():
    assert len(PRODUCT) > 100
    assert Path(__file__) in EVERY_FILE


@pytest.mark.parametrize("path", EVERY_FILE, **name_of)
def test_no_file_is_too_long_to_be_read(path):
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= LONGEST, f"{lines} lines: make a folder of the same name"


def test_every_file_says_what_it_is_for():
    silent = [
        path.relative_to(ROOT).as_posix()
        for path in EVERY_FILE
        if len(ast.get_docstring(parsed(path)) or "") < 20
    ]
    assert silent == []


VAGUE = re.compile(r"(?:Manager|Helper|Util|Utils|Handler|Service|Base|Impl)$")


def test_no_name_is_a_word_that_says_nothing():
    named = [
        f"{path.relative_to(ROOT)}: {node.name}"
        for path in PRODUCT
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ClassDef) and VAGUE.search(node.name)
    ]
    assert named == []


def comments(source):
    """(line, text) of every comment."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def test_nothing_is_left_to_be_done():
    """A mark like that is a promise nobody reads; what is not there yet stands in docs/operations.md."""
    mark = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b")
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in EVERY_FILE
        for number, text in comments(path.read_text(encoding="utf-8"))
        if mark.search(text)
    ]
    assert found == []


# ---------------------------------------------------------------------------------------------------------------------
# Imports


def test_the_import_contracts_are_kept():
    judge = Path(sys.executable).with_name("lint-imports")
    result = subprocess.run([judge, "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-1000:]
    assert re.search(r"Contracts: [1-9]\d* kept, 0 broken", result.stdout)


def imports_inside_functions(path):
    """The lines of imports that are not at the top of their file."""
    for outer in ast.walk(parsed(path)):
        if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef):
            inner = [node for node in ast.walk(outer) if isinstance(node, ast.Import | ast.ImportFrom)]
            yield from {node.lineno for node in inner}


def test_an_import_inside_a_function_has_its_reason_above_it():
    bare = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in PRODUCT
        for number in imports_inside_functions(path)
        if not path.read_text(encoding="utf-8").splitlines()[number - 2].strip().startswith("#")
    ]
    assert bare == []


# ---------------------------------------------------------------------------------------------------------------------
# Exceptions to the linters' rules

EXCEPTION = re.compile(r"#\s*(?:noqa|type:\s*ignore|pragma)\b")
WITH_REASON = re.compile(
    r"#\s*(?:noqa: [A-Z]+\d+(?:, ?[A-Z]+\d+)*|type: ignore\[[a-z-]+(?:, ?[a-z-]+)*\])\s+(?:- |#\s*)\S.{2,}"
)


def unreasoned(source):
    """The lines of exceptions that are not of one named rule, or have no reason behind or right above them."""
    lines = source.splitlines()
    for number, text in comments(source):
        named = re.search(r"noqa: [A-Z]|type: ignore\[", text)
        above = number > 1 and lines[number - 2].strip().startswith("# ")
        if EXCEPTION.search(text) and not (WITH_REASON.search(text) or (named and above)):
            yield number


def test_every_exception_to_a_rule_has_its_reason_beside_it():
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in EVERY_FILE
        for number in unreasoned(path.read_text(encoding="utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(
    ("source", "wrong"),
    [
        ("x = 1  # noqa: E731 - it reads better so\n", False),
        ("x = 1  # type: ignore[arg-type]  # what a door may let through\n", False),
        ("# the library knows this as a class\nx = 1  # type: ignore[assignment]\n", False),
        ("y = 2\nx = 1  # type: ignore[assignment]\n", True),
        ("y = 2\nx = 1  # noqa: E731\n", True),
        ("# why not\nx = 1  # noqa\n", True),
        ("# why not\nx = 1  # type: ignore\n", True),
        ('x = "# noqa"\n', False),
    ],
)
def test_what_counts_as_a_reason(source, wrong):
    assert bool(list(unreasoned(source))) is wrong


# ---------------------------------------------------------------------------------------------------------------------
# What is installed


def requirements():
    """The lock file's entries, each with the lines that belong to it."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    return re.split(r"\n(?! )", text.replace("\\\n", "\n").strip())


def test_every_package_is_pinned_with_hashes():
    entries = requirements()
    assert len(entries) > 20
    for entry in entries:
        head, *rest = [line.strip() for line in entry.splitlines()]
        assert re.fullmatch(r"[A-Za-z0-9._-]+(?:\[[a-z,]+\])?==[^\s;]+(?:\s*;\s*.+)?", head), head
        assert rest, f"{head} has no hash"
        assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", line) for line in rest), head


def test_no_file_says_where_packages_come_from():
    """Whoever installs may use a mirror: the lock file, the build and the documents name none."""
    hosts = re.compile(r"pypi\.|pythonhosted|--index-url|--extra-index|--find-links", re.IGNORECASE)
    files = ["requirements.lock", "pyproject.toml", "Makefile", ".ci/run", "README.md", "docs/operations.md"]
    assert [name for name in files if hosts.search((ROOT / name).read_text(encoding="utf-8"))] == []
    assert "://" not in (ROOT / "requirements.lock").read_text(encoding="utf-8")
