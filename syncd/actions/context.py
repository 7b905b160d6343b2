"""What every action needs: the configuration, the store, the way to calendar servers, and the clock."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType

from connectors import open_connector
from connectors.account import Account, Connections
from connectors.interface import Connector, Unsupported
from store.database import Store
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
        return self.opener(account_of(self.config, account), login, secret, self.connections)

    def signs_in(self, agent: str, account: str | None) -> bool:
        """Can this process sign in for the agent (a provisioned one: at this account)? Not where a secret is handed to the
        service alone."""
        settings, known = self.config.agent(agent), self.config.accounts.get(account or "")
        secrets: list[SecretRef | None] = (
            [known.password or known.client_secret or known.certificate] if known else []
        )
        if settings is not None:
            secrets = [secret_of(self.config.accounts[login.account], login) for login in settings.calendars]
        return not any(secret is not None and for_the_service_only(secret) for secret in secrets)


def secret_of(account: AccountConfig, login: LoginConfig) -> SecretRef | None:
    """The secret that signs in: the login's own, else what its account says of all; at Outlook the application's."""
    if login.password is None and account.password is not None:
        return account.password.of(login.login)
    return login.password or account.client_secret or account.certificate


def takes_provisioned(account: AccountConfig) -> bool:
    """Can logins be provisioned there? No secret comes over HTTP, so the account has to say where they are."""
    return account.kind == "outlook" or account.password is not None


def account_of(config: Config, name: str) -> Account:
    """The account as the connectors know it."""
    settings = config.accounts[name]
    return Account(
        kind=settings.kind,
        url=settings.graph_url if settings.kind == "outlook" else settings.url,
        auth=settings.auth,
        hosts=tuple(settings.hosts),
        ca_file=settings.ca_file,
        caps=config.limits.caps(),
        tenant=settings.tenant,
        client_id=settings.client_id,
        certificate=settings.certificate is not None,
        authority=settings.authority,
        per_mailbox=settings.per_mailbox,
    )


def login_of(config: Config, agent: str, account: str, login: str) -> LoginConfig:
    """How one login signs in, as configured, or for a provisioned agent as the account says of all; else `Unsupported`."""
    found, known = config.agent(agent), config.accounts.get(account)
    for settings in found.calendars if found else ():
        if (settings.account, settings.login) == (account, login):
            return settings
    if found is None and known is not None and takes_provisioned(known):
        return LoginConfig(account=account, login=login)
    if found is None and known is None:
        raise Unsupported(
            f"the account {account!r} of the login {login!r} of {agent!r} is not in the configuration",
            f"put [accounts.{account}] back, or provision the agent without it",
        )
    raise Unsupported(
        f"the login {login!r} of {agent!r} at {account!r} is not in the configuration",
        "a copy written there earlier can only be removed by hand",
    )
