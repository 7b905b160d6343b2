"""Requests to Microsoft Graph for one mailbox: JSON in and out, signed in as the application, within the limits.

Nothing is retried here but a refused token, once: who asked decides what to do next. Ids are always the immutable ones
(Microsoft: Get immutable identifiers for Outlook resources), so the preference goes along with every request.
"""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from connectors.account import Account, Connections
from connectors.http.client import HttpClient
from connectors.http.errors import retry_after
from connectors.http.wire import Answer
from connectors.interface import Garbled, OutcomeUnknown, SignInRefused, Throttled
from connectors.outlook.errors import code_of, error_of
from connectors.outlook.limits import Bucket, MailboxQueue
from connectors.outlook.sign_in import Tenant, TenantSignIn

IMMUTABLE = 'IdType="ImmutableId"'
SAFE = "/:?#[]@!$&'()*+,;=%~"
"""What stands in an address as it is; quotes and spaces of a filter are encoded."""

CONNECTIONS = 16
"""Connections to Graph at once: all mailboxes of all tenants are behind one name."""

ANSWERED = range(300, 600)

HALF = 6
ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|u[dD][89a-fA-F][\da-fA-F]{2}|.)",
    re.DOTALL | re.ASCII,
)
"""An escape in JSON; one of `HALF` signs from D800 to DFFF is half a character, as where Exchange cut a text within one."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: its JSON (None for an empty body), its headers, and the deepest error code, casefolded."""

    status: int
    json: Any
    headers: Mapping[str, str]
    code: str = ""


class Graph:
    """One mailbox at one account. For one thread at a time; sign-in, queue and rate are shared with all others."""

    def __init__(self, account: Account, mailbox: str, secret: str, connections: Connections) -> None:
        self._base = account.url.rstrip("/")
        who = (account.url, account.authority, account.tenant, account.client_id)
        self._tenant = connections.shared(
            ("sign-in", *who, hash(secret)), lambda: Tenant(account, secret, connections)
        )
        self._bucket = connections.shared(("rate", *who), Bucket)
        self._queue = connections.shared(
            ("mailbox", *who, mailbox.casefold()), lambda: MailboxQueue(account.per_mailbox)
        )
        there = Account("outlook", account.url, ca_file=account.ca_file, per_host=CONNECTIONS)
        self._http = HttpClient(there, mailbox, "", connections, sign_in=TenantSignIn(self._tenant))

    def get(self, url: str, *, prefer: Sequence[str] = (), expect: Collection[int] = ()) -> Reply:
        """Read: a path below the account's url, or a link of Graph's, which is followed as it is."""
        said = {"Prefer": ", ".join((IMMUTABLE, *prefer))}
        return self._send("GET", url, None, said, expect, write=False)

    def post(
        self, url: str, body: object, *, prefer: Sequence[str] = (), expect: Collection[int] = ()
    ) -> Reply:
        """Create, or act. An answer that was lost raises OutcomeUnknown."""
        return self._send("POST", url, body, {"Prefer": ", ".join((IMMUTABLE, *prefer))}, expect)

    def ask(self, url: str, body: object, *, prefer: Sequence[str] = ()) -> Reply:
        """Read by way of a POST, as Graph has it for questions that don't fit into an address."""
        return self._send("POST", url, body, {"Prefer": ", ".join((IMMUTABLE, *prefer))}, (), write=False)

    def patch(
        self,
        url: str,
        body: object,
        *,
        etag: str = "",
        prefer: Sequence[str] = (),
        expect: Collection[int] = (),
    ) -> Reply:
        """Change what is named, with an etag only if it still is as it was read."""
        headers = {"Prefer": ", ".join((IMMUTABLE, *prefer)), **({"If-Match": etag} if etag else {})}
        return self._send("PATCH", url, body, headers, expect)

    def delete(self, url: str, *, etag: str = "", expect: Collection[int] = ()) -> Reply:
        """Remove, with an etag only if it still is as it was read."""
        headers = {"Prefer": IMMUTABLE, **({"If-Match": etag} if etag else {})}
        return self._send("DELETE", url, None, headers, expect)

    def _send(
        self, method: str, url: str, body: object, headers: Mapping[str, str], expect: Collection[int],
        *, write: bool = True,
    ) -> Reply:  # fmt: skip
        payload = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
        said = {
            **headers,
            "Accept": "application/json",
            **({"Content-Type": "application/json"} if payload else {}),
        }
        with self._queue.turn(write=write):
            self._bucket.take()
            answer = self._http.send(method, self._address(url), payload, said, expect=ANSWERED)
        return self._reply(answer, write, expect)

    def _address(self, url: str) -> str:
        whole = url if url.lower().startswith(("https://", "http://")) else f"{self._base}/{url.lstrip('/')}"
        return quote(whole, safe=SAFE)

    def _reply(self, answer: Answer, write: bool, expect: Collection[int]) -> Reply:
        said = _json(answer, write)
        reply = Reply(answer.status, said, dict(answer.headers.items()), code_of(said))
        if answer.status < 300 or answer.status in expect:
            self._queue.answered()
            return reply
        error = error_of(answer.status, reply.code, write=write, retry_after=retry_after(answer))
        if isinstance(error, Throttled):
            raise Throttled(error.message, error.hint, self._queue.refused(error.retry_after))
        if isinstance(error, SignInRefused):
            self._tenant.shut(error)
        raise error


def _json(answer: Answer, write: bool) -> Any:  # noqa: ANN401  # JSON is anything
    """The body as JSON. A refusal may be no JSON (a gateway's page); a success that is none makes no sense."""
    if not answer.body.strip():
        return None
    try:
        return json.loads(ESCAPE.sub(_whole, answer.body.decode("utf-8-sig")))
    except (ValueError, RecursionError) as error:
        if answer.status >= 300:
            return None
        if write:
            raise OutcomeUnknown(
                "Graph's answer to a write is no JSON", "it is looked at before another try"
            ) from error
        raise Garbled(
            "Graph's answer is no JSON", "does something else answer at graph_url, or in between?"
        ) from error


def _whole(escape: re.Match[str]) -> str:
    """Half a character can be stored and sent nowhere: it becomes the sign for what can't be read."""
    said = escape[0]
    return r"\ufffd" if len(said) == HALF else said
