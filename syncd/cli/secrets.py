"""The secrets a configuration refers to: where each stands, and whether it can be had from here.

A systemd credential (systemd.exec(5), LoadCredential=) is handed to the service only: elsewhere that is said, not an error.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from syncd.config import Config, SecretRef
from syncd.errors import NotPermitted, SecretUnavailable
from syncd.secrets import for_the_service_only, resolve


@dataclass(frozen=True, slots=True)
class Secret:
    """A reference and where it stands: `key` is its path in the configuration, with the agent or account by name."""

    key: str
    agent: str | None
    ref: SecretRef

    @property
    def beyond_us(self) -> bool:
        """Can only the service see it?"""
        return for_the_service_only(self.ref)


@dataclass(frozen=True, slots=True)
class SecretCheck:
    """What became of fetching one: `ok`, `service-only`, or `failed` with an error and a hint."""

    key: str
    agent: str | None
    state: str
    error: str = ""
    hint: str = ""


def secrets_of(config: Config) -> Iterator[Secret]:
    """Every reference in the configuration."""
    for name, account in config.accounts.items():
        for field, ref in (("client_secret", account.client_secret), ("certificate", account.certificate)):
            if ref is not None:
                yield Secret(f"accounts.{name}.{field}", None, ref)
        if account.password is not None and not account.password.of_each:
            yield Secret(f"accounts.{name}.password", None, account.password)
    if config.mail is not None and config.mail.password is not None:
        yield Secret("mail.password", None, config.mail.password)
    for agent in config.agents:
        for number, login in enumerate(agent.calendars):
            key = f"agents.{agent.id}.calendars[{number}].password"
            shared = config.accounts[login.account].password
            if login.password is not None:
                yield Secret(key, agent.id, login.password)
            elif shared is not None and shared.of_each:
                yield Secret(key, agent.id, shared.of(login.login))


def resolve_all(config: Config) -> None:
    """Fetch all of them; the first that can't be had raises `NotPermitted` or `SecretUnavailable`, naming its key."""
    for secret in secrets_of(config):
        try:
            resolve(secret.ref)
        except (NotPermitted, SecretUnavailable) as error:
            raise type(error)(f"{secret.key}: {error.message}", error.hint) from error


def checked(secret: Secret) -> SecretCheck:
    """Try to fetch one, and say how that went."""
    if secret.beyond_us:
        return SecretCheck(secret.key, secret.agent, "service-only", hint="only the running service sees it")
    try:
        resolve(secret.ref)
    except (NotPermitted, SecretUnavailable) as error:
        return SecretCheck(secret.key, secret.agent, "failed", error.message, error.hint)
    return SecretCheck(secret.key, secret.agent, "ok")
