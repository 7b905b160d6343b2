"""Having calendar servers tell us of changes: subscriptions made, renewed at half of their life, and made anew when lost.

Only Outlook can (Graph's change notifications), and only if the outside can reach us (`http.public_url`). A mailbox that
refuses is polled as before and asked again now and then. Push only makes polling rarer: nothing depends on it.
"""

import secrets
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace

from connectors.interface import ConnectorError, NoAccess, Unsupported
from connectors.outlook import subscriptions as graphs
from connectors.outlook.client import Graph
from connectors.outlook.subscriptions import Subscribed
from store import due, subscriptions
from store.errors import Fenced, StoreError
from store.subscriptions import Subscription
from syncd import logs
from syncd.actions.context import Context, account_of, login_of, secret_of
from syncd.actions.push import push_url
from syncd.actions.work import as_defect
from syncd.errors import SyncdError
from syncd.rules import retry
from syncd.secrets import resolve

KIND = "outlook"
STATE_BYTES = 32


def subscribe(ctx: Context) -> int:
    """Make, renew and mend the subscriptions that are due; returns how many were looked after.

    Failures become their state. Raises `StoreError` when the store itself fails.
    """
    url = push_url(ctx.config)
    if not url:
        return 0
    claimed = _claim(ctx, url)
    this = Pass(ctx, url)
    for row in claimed:
        this.look_after(row)
    return len(claimed)


def _claim(ctx: Context, url: str) -> list[Subscription]:
    now = ctx.clock()
    with ctx.store.reading() as tx:
        if not subscriptions.any_missing(tx, KIND) and not subscriptions.due(tx, url, now):
            return []
    with ctx.store.writing() as tx:
        subscriptions.add_missing(tx, KIND, now)
        return subscriptions.claim(tx, url, now)


@dataclass
class Pass:
    """One pass over what is due. `listed`: account -> its subscriptions at Graph, asked for once."""

    ctx: Context
    url: str
    listed: dict[str, tuple[Subscribed, ...]] = field(default_factory=dict)

    def look_after(self, row: Subscription) -> None:
        """One subscription: what it came to is saved, and the login looked at if something may have been missed."""
        try:
            self._save(row, self._tried(row))
        except Fenced as fenced:
            logs.info("fenced", agent=row.agent, account=row.account, detail=fenced)

    def _tried(self, row: Subscription) -> Subscription:
        try:
            return self._done(row)
        except (ConnectorError, SyncdError) as error:
            return self._failed(row, error)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001  # the boundary: one mailbox's defect must not stop the others
            return self._failed(row, as_defect(error))

    def _done(self, row: Subscription) -> Subscription:
        graph = _graph(self.ctx, row)
        found = self._kept(graph, row) or self._made(graph, row)
        now = self.ctx.clock()
        wait = retry.renewal(now, found.expires_at or now, self.ctx.jitter())
        return replace(found, due_at=now + wait, failures=0, state="ok", error="", hint="")

    def _kept(self, graph: Graph, row: Subscription) -> Subscription | None:
        """The subscription there is, renewed; None if there is none any more, or it sends elsewhere."""
        if row.subscription is None or row.notice == "removed" or row.url != self.url:
            return None
        if row.notice == "reauthorize" and not graphs.reauthorize(graph, row.subscription):
            return None
        renewed = graphs.renew(graph, row.subscription, self.ctx.clock() + graphs.LIFE)
        return replace(row, expires_at=renewed.expires_at) if renewed else None

    def _made(self, graph: Graph, row: Subscription) -> Subscription:
        """A new subscription with a new secret; what an earlier try may have left behind is ended first."""
        with suppress(NoAccess, Unsupported):  # it would be heard by nobody, and ends by itself
            for stray in self._strays(graph, row):
                graphs.delete(graph, stray)
        state = secrets.token_urlsafe(STATE_BYTES)
        until = self.ctx.clock() + graphs.LIFE
        made = graphs.create(graph, row.login, url=self.url, client_state=state, until=until)
        return replace(
            row, resource=graphs.resource_of(row.login), url=self.url, subscription=made.id, client_state=state,
            expires_at=made.expires_at,
        )  # fmt: skip

    def _strays(self, graph: Graph, row: Subscription) -> Iterator[str]:
        """This login's subscriptions that nobody knows of: made by a try that was cut off, or for an older address."""
        if row.subscription is not None:
            yield row.subscription
        if row.account not in self.listed:
            self.listed[row.account] = tuple(graphs.listed(graph))
        resource = graphs.resource_of(row.login)
        ours = [
            one for one in self.listed[row.account] if (one.url, _plain(one.resource)) == (self.url, resource)
        ]
        known = self._known(one.id for one in ours)
        yield from (one.id for one in ours if one.id not in known and one.id != row.subscription)

    def _known(self, ids: Iterable[str]) -> set[str]:
        with self.ctx.store.reading() as tx:
            return {one.subscription or "" for one in subscriptions.known(tx, tuple(ids))}

    def _failed(self, row: Subscription, error: ConnectorError | SyncdError) -> Subscription:
        """Kept as it is, with the reason; the mailbox is polled as before, and another try is spaced out."""
        failures = row.failures + 1
        wait = retry.after_subscribing(error, failures, jitter=self.ctx.jitter())
        return replace(
            row, due_at=self.ctx.clock() + wait, failures=failures, state="refused" if retry.refuses(error) else "failing",
            error=error.message, hint=error.hint,
        )  # fmt: skip

    def _save(self, row: Subscription, after: Subscription) -> None:
        """Changes between two subscriptions were told to nobody, so a new one begins with a look at the login."""
        anew = after.subscription != row.subscription
        with self.ctx.store.writing() as tx:
            subscriptions.save(tx, after)
            if anew:
                due.make_login_due(tx, row.login_id, self.ctx.clock())
        if (row.state, row.error) == (after.state, after.error):
            return
        if after.state == "ok":
            logs.info("push_on", agent=row.agent, account=row.account)
        else:
            logs.warning("push_off", agent=row.agent, account=row.account, error=after.error, hint=after.hint)


def _graph(ctx: Context, row: Subscription) -> Graph:
    """The mailbox at Graph. Raises what getting at its secret raises."""
    settings = login_of(ctx.config, row.agent, row.account, row.login)
    ref = secret_of(ctx.config.accounts[row.account], settings)
    account = account_of(ctx.config, row.account)
    return Graph(account, row.login, resolve(ref) if ref is not None else "", ctx.connections)


def _plain(resource: str) -> str:
    """Graph gives a resource back with or without a slash before it."""
    return resource.lstrip("/")
