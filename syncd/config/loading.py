"""Loading a configuration: read the files, check every value and every reference, tell all problems at once."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from store.model import Agent, LoginPlan
from syncd.config import checks, keys
from syncd.config.files import Tree, read
from syncd.config.keys import Path as KeyPath
from syncd.config.model import Config
from syncd.config.wording import near, table_of
from syncd.errors import ConfigInvalid, ConfigProblem

Found = tuple[KeyPath, str]


def load(path: Path) -> Config:
    """The configuration in this file and those it includes.

    Raises `ConfigInvalid` with all problems, each naming file, key and what was expected; `NotPermitted` where a file
    can't be read by this user.
    """
    tree = read(path)
    if tree.problems:  # what a broken file would have said is not known, so nothing more is judged
        raise ConfigInvalid(tree.problems)
    config, found = _validated(tree)
    found += checks.check(tree.values, tree.where)
    if config is None or found:
        raise ConfigInvalid(_told(tree, found))
    return config


def _validated(tree: Tree) -> tuple[Config | None, list[Found]]:
    """The Config or all that is wrong. Unknown keys are taken out and the rest looked at again, for they hide a table's own rules."""
    values, found = tree.values, list[Found]()
    if "path" in values:
        found.append((("path",), keys.unknown(("path",))))
    config, problems = _try({**values, "path": tree.main}, tree.main.parent)
    if strange := [error["loc"] for error in problems if error["type"] == "extra_forbidden"]:
        known = _without({**values, "path": tree.main}, strange)
        _, again = _try(known, tree.main.parent)
        problems = [error for error in problems if error["type"] == "extra_forbidden"] + again
    return config, found + [_found(error) for error in problems]


def _try(values: object, folder: Path) -> tuple[Config | None, list[ErrorDetails]]:
    try:
        return Config.model_validate(values, context={"folder": folder.absolute()}), []
    except ValidationError as error:
        return None, error.errors(include_url=False)


def _without(value: object, paths: list[KeyPath]) -> object:
    """The values without what stands at these paths; the rest is shared, not copied."""
    if not paths or not isinstance(value, dict | list):
        return value
    below: dict[str | int, list[KeyPath]] = {}
    for path in paths:
        below.setdefault(path[0], []).append(path[1:])
    pairs = enumerate(value) if isinstance(value, list) else value.items()
    kept = [(key, _without(item, below.get(key, []))) for key, item in pairs if () not in below.get(key, [])]
    return [item for _, item in kept] if isinstance(value, list) else dict(kept)


# From pydantic's errors to sentences. --------------------------------------------------------------------------------

_EXPECTED = {
    "string_type": 'expected a text in quotes ("...")',
    "bool_type": "expected true or false",
    "int_type": "expected a whole number",
    "tuple_type": "expected a list ([...])",
    "model_type": "expected a table",
    "dict_type": "expected a table",
    "mapping_type": "expected a table",
}


def _found(error: ErrorDetails) -> Found:
    context = error.get("ctx", {})
    path = tuple(part for part in error["loc"] if part != "[key]") + tuple(context.get("key", ()))
    return path, _sentence(error, path)


def _sentence(error: ErrorDetails, path: KeyPath) -> str:
    context, given = error.get("ctx", {}), error["input"]
    match error["type"]:
        case "syncd":
            return str(context["message"])
        case "missing":
            return "is missing"
        case "extra_forbidden":
            return keys.unknown(path)
        case "literal_error":
            expected = str(context["expected"])
            return f"expected {expected}" + (
                near(given, expected.replace("'", "").split()) if isinstance(given, str) else ""
            )
        case kind:
            return _EXPECTED.get(kind, error["msg"])


def _told(tree: Tree, found: list[Found]) -> Iterator[ConfigProblem]:
    """Each problem once, with the agent's id where it is an agent's, since a place in a list says little."""
    for path, message in dict.fromkeys(found):
        agent = _agent_at(path, tree.values)
        yield tree.problem(path, f"{message} (agent {agent!r})" if agent else message)


def _agent_at(path: KeyPath, values: Mapping[str, Any]) -> str:
    match path:
        case ("agents", int(number), *_, last) if last != "id":
            name = table_of(values["agents"][number]).get("id")
            return name if isinstance(name, str) else ""
    return ""


# What the store is told. ----------------------------------------------------------------------------------------------


def problems_of_agent(config: Config, values: Mapping[str, Any]) -> Iterator[Found]:
    """What is wrong between an agent who is to be provisioned and the configuration, each with its place in `values`."""
    kinds = {name: account.kind for name, account in config.accounts.items()}
    return checks.of_one(dict(values), kinds, config.groups)


def to_agents(config: Config) -> list[Agent]:
    """The agents as the store keeps them."""
    return [
        Agent(one.id, one.name, one.email, one.timezone, one.aliases, one.language, one.groups, one.active)
        for one in config.agents
    ]


def to_logins(config: Config) -> list[LoginPlan]:
    """The agents' logins as the store keeps them: of `check` only the names, for policies stay in the configuration."""
    return [
        LoginPlan(
            agent.id,
            login.account,
            login.login,
            config.accounts[login.account].kind,
            None if login.check is None else tuple(entry.name for entry in login.check),
            login.write,
        )
        for agent in config.agents
        for login in agent.calendars
    ]
