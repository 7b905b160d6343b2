"""What every action needs: the configuration, the store, the way to calendar servers, and the clock."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType

from connectors import open_connector
from connectors.account import Account, Connections
from connectors.interface import Connector, Unsupported
from store.database import Store
from store.model import Place
from syncd.actions.directory import Shelf
from syncd.config import AccountConfig, Config, LoginConfig, SecretRef
from syncd.meter import Meter
from syncd.secrets import for_the_service_only, resolve

Opener = Callable[[Account, str, str, Connections], Connector]


def utc_now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Context:
    """Passed to every action. `clock` and `jitter` are parameters so that a test decides what time it is."""

    config: Config
    store: Store
    connections: Connections = field(default_factory=Connections)
    clock: Callable[[], datetime] = utc_now
    jitter: Callable[[], float] = random.random
    opener: Opener = open_connector
    meter: Meter = field(default_factory=Meter)
    shelf: Shelf = field(default_factory=Shelf, compare=False)

    def __enter__(self) -> "Context":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections to calendar servers and to the store."""
        self.connections.close()
        self.store.dispose()

    def connect(self, agent: str, account: str, login: str) -> Connector:
        """Open the connector of one login.

        Raises the connectors' errors, `NotPermitted` or `SecretUnavailable` when its secret can't be had.
        """
        settings = login_of(self.config, agent, account, login)
        ref = secret_of(self.config.accounts[account], settings)
        secret = resolve(ref) if ref is not None else ""
        return self.opener(account_of(self.config.accounts, account), login, secret, self.connections)

    def signs_in(self, agent: str) -> bool:
        """Can this process sign in for the agent? Not where a secret is handed to the service alone."""
        settings = self.config.agent(agent)
        logins = settings.calendars if settings else ()
        secrets = [secret_of(self.config.accounts[login.account], login) for login in logins]
        return not any(secret is not None and for_the_service_only(secret) for secret in secrets)


def secret_of(account: AccountConfig, login: LoginConfig) -> SecretRef | None:
    """The secret that signs in: the login's own, or at Outlook the application's."""
    return login.password or account.client_secret or account.certificate


def account_of(accounts: Mapping[str, AccountConfig], name: str) -> Account:
    """The account as the connectors know it."""
    settings = accounts[name]
    return Account(
        kind=settings.kind,
        url=settings.graph_url if settings.kind == "outlook" else settings.url,
        auth=settings.auth,
        hosts=tuple(settings.hosts),
        ca_file=settings.ca_file,
        tenant=settings.tenant,
        client_id=settings.client_id,
        certificate=settings.certificate is not None,
        authority=settings.authority,
        per_mailbox=settings.per_mailbox,
    )


def login_of(config: Config, agent: str, account: str, login: str) -> LoginConfig:
    """The configuration of one login; raises `Unsupported` when it is no longer configured."""
    found = config.agent(agent)
    for settings in found.calendars if found else ():
        if (settings.account, settings.login) == (account, login):
            return settings
    raise Unsupported(
        f"the login {login!r} of {agent!r} at {account!r} is not in the configuration",
        "a copy written there earlier can only be removed by hand",
    )


def places(config: Config) -> dict[str, Place]:
    """Agent -> where that agent's meetings are shown; agents without a write calendar are absent."""
    return {
        agent.id: Place(login.account, login.login, login.write)
        for agent in config.agents
        for login in agent.calendars
        if login.write is not None
    }
