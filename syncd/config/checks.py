"""What must hold between the parts of a configuration: references, no doubles, keys that fit an account's kind.

It looks at the values as they stand in the files, so that these problems are told together with all the others.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from syncd.config.keys import Path
from syncd.config.people import LoginSecretRef
from syncd.config.wording import near, rows_of, table_of

Found = tuple[Path, str]
Where = Callable[[Path], tuple[str, str]]


def check(values: Mapping[str, Any], where: Where) -> Iterator[Found]:
    """All problems between the parts, each with its place in the tree. `where` names the other place of a double."""
    yield from _accounts(values)
    yield from _agents(values, where)
    yield from _blocks(values)
    yield from _local_policies(values)


# What belongs to which kind of account. -----------------------------------------------------------------------------

_OF_KIND = {
    "caldav": ("url", "auth", "password"),
    "outlook": (
        "tenant",
        "client_id",
        "client_secret",
        "certificate",
        "graph_url",
        "authority",
        "per_mailbox",
    ),
}
_NEEDED = {"caldav": ("url",), "outlook": ("tenant", "client_id")}


def _accounts(values: Mapping[str, Any]) -> Iterator[Found]:
    for name, account in table_of(values.get("accounts")).items():
        settings, path = table_of(account), ("accounts", name)
        kind = settings.get("kind")
        if not isinstance(kind, str) or kind not in _OF_KIND:
            continue
        for key in _NEEDED[kind]:
            if settings.get(key, "") == "":
                yield (*path, key), f"is missing: an account of kind {kind!r} needs it"
        for key in settings:
            if any(key in keys for other, keys in _OF_KIND.items() if other != kind):
                yield (*path, key), f"means nothing for an account of kind {kind!r}"
        if kind == "outlook" and ("client_secret" in settings) == ("certificate" in settings):
            yield (*path, "client_secret"), "expected exactly one of client_secret and certificate"


# Agents and their logins. -------------------------------------------------------------------------------------------


def of_one(agent: dict[str, Any], accounts: Mapping[str, str], groups: Iterable[str]) -> Iterator[Found]:
    """Likewise of one agent who is provisioned: `accounts` by their kind, and `groups`, are the configuration's."""
    values = {
        "agents": [agent],
        "groups": {name: {} for name in groups},
        "accounts": {name: {"kind": kind} for name, kind in accounts.items()},
    }
    yield from ((path[2:], message) for path, message in _agents(values, lambda path: ("", str(path[-1]))))


def _agents(values: Mapping[str, Any], where: Where) -> Iterator[Found]:
    groups, seen = table_of(values.get("groups")), dict[str, int]()
    for number, agent in rows_of(values.get("agents")):
        path: Path = ("agents", number)
        name = agent.get("id")
        if isinstance(name, str) and seen.setdefault(name, number) != number:
            yield (
                (*path, "id"),
                f"the id {name!r} is taken: {_other(where, ('agents', seen[name], 'id'))} has it",
            )
        for place, group in enumerate(_list(agent.get("groups"))):
            if isinstance(group, str) and group not in groups:
                yield (
                    (*path, "groups", place),
                    f"there is no group {group!r}: [groups.{group}] is missing{near(group, groups)}",
                )
        yield from _logins(agent, path, table_of(values.get("accounts")))


def _logins(agent: dict[str, Any], path: Path, accounts: dict[str, Any]) -> Iterator[Found]:
    seen, writing = dict[tuple[str, str], int](), None
    for number, login in rows_of(agent.get("calendars")):
        here: Path = (*path, "calendars", number)
        yield from _account(login, here, accounts)
        yield from _doubles(login, here)
        account, name = login.get("account"), login.get("login")
        if isinstance(account, str) and isinstance(name, str):
            first = seen.setdefault((account, name), number)
            if first != number:
                yield (
                    here,
                    f"the login {name!r} at {account!r} stands in calendars[{first}] already; name all its calendars there",
                )
        if "write" in login:
            if writing is not None:
                yield (
                    (*here, "write"),
                    f"meetings are shown in one calendar only, and calendars[{writing}] has a `write` already",
                )
            writing = number if writing is None else writing


def _account(login: dict[str, Any], here: Path, accounts: dict[str, Any]) -> Iterator[Found]:
    account = login.get("account")
    if not isinstance(account, str):
        return
    if account not in accounts:
        yield (
            (*here, "account"),
            f"there is no account {account!r}: [accounts.{account}] is missing{near(account, accounts)}",
        )
    elif table_of(accounts[account]).get("kind") == "outlook" and "password" in login:
        yield (
            (*here, "password"),
            "means nothing here: an account of kind 'outlook' signs in for all its logins",
        )
    elif "password" not in login and not _can_stand(login.get("login"), table_of(accounts[account])):
        yield (
            (*here, "login"),
            f"this name can't stand in accounts.{account}.password; give the login a password of its own",
        )


def _can_stand(login: object, account: dict[str, Any]) -> bool:
    """Can the login's name be part of where its account has its logins' passwords? What else is wrong there is told there."""
    try:
        where = LoginSecretRef.model_validate(account.get("password", {}))
    except ValidationError:
        return True
    return not isinstance(login, str) or where.fits(login)


def _doubles(login: dict[str, Any], here: Path) -> Iterator[Found]:
    seen = set[str]()
    for place, entry in enumerate(_list(login.get("check"))):
        name = entry.get("name") if isinstance(entry, dict) else entry
        if isinstance(name, str):
            if name in seen:
                yield (*here, "check", place), f"{name!r} stands here twice"
            seen.add(name)


# Blocks. ------------------------------------------------------------------------------------------------------------


def _blocks(values: Mapping[str, Any]) -> Iterator[Found]:
    agents = [agent["id"] for _, agent in rows_of(values.get("agents")) if isinstance(agent.get("id"), str)]
    known = {"group": list(table_of(values.get("groups"))), "agent": agents}
    for number, block in rows_of(values.get("blocks")):
        scope = block.get("scope")
        kind, colon, name = scope.partition(":") if isinstance(scope, str) else ("", "", "")
        if colon and kind in known and name not in known[kind]:
            yield ("blocks", number, "scope"), f"there is no {kind} {name!r}{near(name, known[kind])}"


# Policies. -----------------------------------------------------------------------------------------------------------


def _local_policies(values: Mapping[str, Any]) -> Iterator[Found]:
    for name, group in table_of(values.get("groups")).items():
        yield from _local(group, ("groups", name))
    for number, agent in rows_of(values.get("agents")):
        yield from _local(agent, ("agents", number))
        for place, login in rows_of(agent.get("calendars")):
            here: Path = ("agents", number, "calendars", place)
            yield from _local(login, here)
            for line, entry in rows_of(login.get("check")):
                yield from _local(entry, (*here, "check", line))


def _local(owner: object, path: Path) -> Iterator[Found]:
    if "agent_edits" in table_of(table_of(owner).get("policy")):
        yield (
            (*path, "policy", "agent_edits"),
            "holds for everyone or nobody: it stands in the global [policy] only",
        )


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _other(where: Where, path: Path) -> str:
    file, key = where(path)
    return f"{key} in {file}"
