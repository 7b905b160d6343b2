"""The documents are true: what they name exists, their links lead somewhere, their tables say what the code says."""

import ast
import html
import re
import runpy
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors import interface
from connectors.interface import Connector, ConnectorError
from store.model import Agent, DeliveryState, Meeting, MeetingStatus
from syncd import errors, words
from syncd.config.keys import every_key
from syncd.demo.steps import STEPS
from syncd.mail.letter import Letter, Reader
from syncd.mail.wording import variables

ROOT = Path(__file__).parents[2]
DOCS = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
SOURCES = sorted(path for room in ("syncd", "connectors", "store") for path in (ROOT / room).rglob("*.py"))
OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
CODE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)

of_each_document = pytest.mark.parametrize("path", DOCS, ids=lambda path: path.relative_to(ROOT).as_posix())


def prose(path):
    """A document without its code blocks."""
    return CODE.sub("", path.read_text(encoding="utf-8"))


def section(text, title):
    """What stands under a heading of the second level."""
    return re.split(r"^## ", text.split(f"\n## {title}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]


def rows(text):
    """The tables' rows as lists of cells, without backticks; heads and rules left out."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip().strip("`") for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def slugs(path):
    """The anchors that a page's headings have."""
    heads = re.findall(r"^#+ (.+)$", prose(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@of_each_document
def test_links_lead_somewhere(path):
    links = re.findall(r"\]\(([^)\s]+)\)", prose(path))
    for link in (one for one in links if not re.match(r"https?://", one)):
        name, _, anchor = link.partition("#")
        target = (path.parent / name) if name else path
        assert target.is_file(), f"{link} is not there"
        if anchor:
            assert anchor in slugs(target), f"{link}: no such heading"


@of_each_document
def test_no_document_names_a_path_of_the_machine_it_was_written_on(path):
    text = path.read_text(encoding="utf-8")
    for place in ("work", "root", "home", "tmp"):
        assert f"/{place}/" not in text
    assert str(ROOT) not in text


# ---------------------------------------------------------------------------------------------------------------------
# Names in backticks


def defined():
    """(module or class, name) for all that the product's modules define at their top, and classes in themselves."""
    found = set()
    for path in SOURCES:
        module = path.parent.name if path.stem == "__init__" else path.stem
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            found |= {(module, name) for name in names_of(node)}
            if isinstance(node, ast.ClassDef):
                found |= {(node.name, name) for inner in node.body for name in names_of(inner)}
    return found


def names_of(node):
    match node:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.Assign(targets=targets):
            return [target.id for target in targets if isinstance(target, ast.Name)]
        case ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
    return []


def rows_of_variables():
    """What a mail's template can show, by its name there."""
    start = datetime(2026, 3, 2, 10, tzinfo=UTC)
    anna = Agent("anna", "Anna", "anna@example.com", "UTC")
    meeting = Meeting("m", 1, MeetingStatus.SCHEDULED, "anna", start, start + timedelta(hours=1), "Talk")
    shown = variables(
        Letter("planned", Reader("agent", "Anna", "anna@example.com", "en", "UTC"), meeting, anna), "en"
    )
    for name, value in shown.items():
        yield from ([f"{name}.{inner}" for inner in value] if isinstance(value, dict) else [name])


DEFINED = defined()
SETTINGS = {".".join(key) for key in every_key()}
SHOWN_IN_MAILS = set(rows_of_variables())
TEMPLATES = (ROOT / "syncd" / "mail" / "templates").iterdir()
FILES = [
    "/" + path.relative_to(ROOT).as_posix()
    for path in (*SOURCES, *TEMPLATES, *(ROOT / "tests").rglob("*.py"))
]


def exists(name):
    """Is it a function, class or value of ours, a module, a setting, or a file?"""
    if re.search(r"\.(py|md|toml|lock|service|svg|txt|html|yml)$", name):
        return any(file.endswith("/" + name) for file in FILES) or (ROOT / name).is_file()
    if (ROOT / name).is_dir():
        return True
    module, _, last = name.rpartition(".")
    if (module.rpartition(".")[2], last) in DEFINED:
        return True
    modules = [file.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for file in FILES]
    return any(one.endswith("." + name) for one in modules)


NAMED = re.compile(r"`([A-Za-z_]\w*(?:[./][A-Za-z_]\w*)+)(?:\(\))?`")


@of_each_document
def test_what_stands_in_backticks_exists(path):
    named = set(NAMED.findall(prose(path))) - SETTINGS - SHOWN_IN_MAILS
    unknown = {name for name in named if not exists(name)}
    assert not unknown


def test_every_variable_of_a_mail_is_documented_and_no_other():
    table = section((ROOT / "docs" / "mail.md").read_text(encoding="utf-8"), "Words and templates")
    named = {
        name for row in rows(table.split("They can show:")[1]) for name in re.findall(r"[a-z_.]+", row[0])
    }
    assert named == SHOWN_IN_MAILS | {"text", "subject", "labels", "variable"}


def test_the_check_of_names_finds_what_is_not_there():
    assert exists("due.claim_logins")
    assert exists("Connector.changes")
    assert exists("actions/work.py")
    assert exists("rules.reconcile")
    assert not exists("due.claim_everything")
    assert not exists("actions/nothing.py")


# ---------------------------------------------------------------------------------------------------------------------
# Tables that say what the code says


def test_the_drawing_of_the_house_is_up_to_date():
    house = runpy.run_path(str(ROOT / "docs" / "house.py"))
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert house["renewed"](page) == page, "run: python docs/house.py"


def test_every_state_of_a_calendar_is_explained():
    first_table = section(OPERATIONS, "What status says").split("\n\n| line")[0]
    assert {row[0] for row in rows(first_table)} == {"state", *words.STATES}


def test_every_state_of_a_delivery_is_explained():
    text = section(OPERATIONS, "What status says")
    assert all(f"`{state}`" in text for state in DeliveryState.__args__)


def test_every_exit_code_is_explained():
    kinds = [one for one in vars(errors).values() if isinstance(one, type)]
    ours = {kind.code for kind in kinds if issubclass(kind, errors.SyncdError)}
    used = {0, 130} | ours | {code for _, code in errors._CODES}
    assert {row[0] for row in rows(section(OPERATIONS, "Exit codes"))} == {"code", *map(str, used)}


def logged():
    """(line, level) of every call of syncd.logs in the product."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name(id="logs"), attr=level), args=[first, *_]):
                    yield from ((what, level) for what in said(first))


def said(node):
    match node:
        case ast.Constant(value=str(what)):
            return [what]
        case ast.JoinedStr(values=[ast.Constant(value="agent_"), ast.FormattedValue()]):
            return ["agent_added", "agent_changed", "agent_removed"]
    return []


def test_every_line_of_the_log_is_explained_with_its_level():
    documented = {(row[0], row[1]) for row in rows(section(OPERATIONS, "The log"))}
    assert documented == {("line", "level"), *logged()}


def test_the_contract_of_connectors_is_told_in_full():
    page = (ROOT / "docs" / "adding-a-connector.md").read_text(encoding="utf-8")
    calls = {name for name in vars(Connector) if not name.startswith("_") and name != "gate"}
    assert {row[0].partition("(")[0] for row in rows(section(page, "The seven calls"))} == {"call", *calls}
    kinds = {one for one in vars(interface).values() if isinstance(one, type)}
    failures = {kind for kind in kinds if issubclass(kind, ConnectorError)} - {ConnectorError}
    told = section(page, "The error tree")
    assert {row[0] for row in rows(told)} == {"error", *(kind.__name__ for kind in failures)}
    last = told.strip().rpartition("\n\n")[2]
    no_access = {kind.__name__ for kind in failures if kind.state == "no-access"}
    assert set(re.findall(r"`([A-Z]\w+)`", last)) == no_access


def test_every_decision_is_in_the_list_under_its_own_title():
    folder = ROOT / "docs" / "decisions"
    listed = re.findall(
        r"^\| (\d+) \| \[(.+)\]\((.+)\) \|$", (folder / "README.md").read_text(), re.MULTILINE
    )
    assert {name for _, _, name in listed} == {path.name for path in folder.glob("[0-9]*.md")}
    for number, title, name in listed:
        text = (folder / name).read_text(encoding="utf-8")
        assert name.startswith(f"{int(number):04}-")
        assert text.startswith(f"# {number}. {title}\n")
        assert all(f"**{part}.**" in text for part in ("Context", "Decision", "Consequences"))


# ---------------------------------------------------------------------------------------------------------------------
# README and changelog


def test_the_make_targets_that_documents_name_exist():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        name for path in DOCS for name in re.findall(r"(?:^|`)make ([a-z-]+)", path.read_text(), re.MULTILINE)
    }
    assert {"run", "test"} <= named <= targets


def test_the_readme_is_one_screen():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 60


def test_the_changelog_begins_with_what_is_unreleased():
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    first = re.search(r"^## (.+)$", text, re.MULTILINE)
    assert first is not None
    assert first[1] == "[Unreleased]"
    kinds = re.findall(r"^### (.+)$", text, re.MULTILINE)
    assert kinds
    assert set(kinds) <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_the_picture_shows_steps_that_the_demo_has():
    svg = (ROOT / "docs" / "images" / "demo.svg").read_text(encoding="utf-8")
    shown = html.unescape("".join(re.findall(r"<text[^>]*>(.*?)</text>", svg))).replace("\xa0", " ")
    steps = re.findall(r"Step (\d+) of (\d+): ", shown)
    assert len(steps) >= 2
    for number, of in steps:
        assert int(of) == len(STEPS)
        assert f"Step {number} of {of}: {STEPS[int(number) - 1][0]}" in shown
    assert f"All {len(STEPS)} steps verified" in shown
    assert not re.findall(r"(?:src|href|url)\s*[=(]\s*[\"']?https?:", svg), (
        "it fetches something from elsewhere"
    )
