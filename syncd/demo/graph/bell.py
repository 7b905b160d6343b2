"""Change and lifecycle notifications (Graph: "Receive change notifications through webhooks", "lifecycle notifications").

Basic ones only: that something changed, not what. Several are sent together, over all subscriptions with the same address;
what gets no 2xx is tried again for up to four hours, as long as the clock moves on.
"""

import json
import ssl
import threading
import urllib.error
import urllib.request
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import quote

from syncd.demo.graph import forms
from syncd.demo.graph.instances import itself
from syncd.demo.graph.moments import said_instant
from syncd.demo.graph.recording import Recording
from syncd.demo.graph.refusal import Json, Refused
from syncd.demo.graph.state import State, Subscription
from syncd.demo.graph.things import Entry, Mailbox

Lifecycle = Literal["reauthorizationRequired", "subscriptionRemoved", "missed"]
HANDSHAKE, PATIENCE = 10.0, 3.0
"""Seconds for the answer to a handshake, and to a notification."""

RETRY = timedelta(seconds=30)
GIVEN_UP = timedelta(hours=4)


@dataclass(slots=True)
class Ring:
    """A notification in waiting."""

    due: datetime
    url: str
    said: Json
    first: datetime
    knobs: dict[str, str] = field(default_factory=dict)


class Bell:
    """Tells subscribers. `ring` sends what is due, in the caller's thread; a started bell does so by itself."""

    def __init__(self, state: State, recording: Recording) -> None:
        self._state, self._recording = state, recording
        self.tls: ssl.SSLContext | None = None
        """What subscribers' certificates are held against."""
        self._waiting: list[Ring] = []
        self._look = threading.Condition()
        self._sending = threading.Lock()
        self._ends = False
        self._thread: threading.Thread | None = None
        state.listeners.append(self._heard)
        state.clock.on_advance.append(self._wake)

    def start(self) -> None:
        """Send by itself from now on."""
        self._thread = threading.Thread(target=self._run, daemon=True, name="fake-graph-bell")
        self._thread.start()

    def stop(self) -> None:
        with self._look:
            self._ends = True
            self._look.notify_all()
        if self._thread is not None:
            self._thread.join()

    @property
    def waiting(self) -> int:
        """How many notifications were not sent yet, or not taken."""
        return len(self._waiting)

    def shake_hands(self, url: str) -> None:
        """Ask an address whether it wants to be told. Raises Refused (ValidationError) if it does not answer as agreed."""
        token = f"Validation: Testing client application reachability {uuid.uuid4()} +&="
        join = "&" if "?" in url else "?"
        asked = urllib.request.Request(  # noqa: S310 - the address was checked
            f"{url}{join}validationToken={quote(token, safe='')}",
            b"",
            {"Content-Type": "text/plain; charset=utf-8"},
        )
        try:
            with self._opened(asked, HANDSHAKE) as answer:
                kind, body = answer.headers.get_content_type(), answer.read(10_000).decode(errors="replace")
                if answer.status == 200 and kind == "text/plain" and body == token:
                    return
        except OSError:
            pass
        raise Refused(
            400,
            "ValidationError",
            "Subscription validation request failed. HTTP status code is not 'OK', or the token differs.",
        )

    def lifecycle(self, subscription: Subscription, event: Lifecycle) -> None:
        """Send a lifecycle notification; `subscriptionRemoved` ends the subscription."""
        said = {**_head(self._state, subscription), "lifecycleEvent": event}
        if event == "subscriptionRemoved":
            self._state.subscriptions.pop(subscription.id, None)
        url = subscription.said.get("lifecycleNotificationUrl")
        if url:
            self._queue(url, said)

    def ring(self) -> None:
        """Send what is due. What nobody takes comes again later."""
        with self._sending:
            now = self._state.clock.now()
            with self._look:
                due = [one for one in self._waiting if one.due <= now]
                self._waiting = [one for one in self._waiting if one.due > now]
            if self._state.knobs.notifications_reordered:
                due.reverse()
            for url in dict.fromkeys(one.url for one in due):
                self._send(url, [one for one in due if one.url == url], now)
        with self._look:
            self._look.notify_all()

    def _heard(self, mailbox: Mailbox, entry: Entry, what: str) -> None:
        knobs, now = self._state.knobs, self._state.clock.now()
        for one in list(self._state.subscriptions.values()):
            if one.mailbox is not mailbox or one.expires_at <= now or knobs.notifications_stop:
                continue
            kinds = [what, "updated"] if what == "created" and knobs.notifications_doubled else [what]
            for kind in kinds:
                if kind in one.said["changeType"]:
                    self._queue(one.said["notificationUrl"], _change(self._state, one, entry, kind))

    def _queue(self, url: str, said: Json) -> None:
        knobs, now = self._state.knobs, self._state.clock.now()
        if knobs.notifications_lost:
            knobs.notifications_lost -= 1
            return
        with self._look:
            self._waiting.append(Ring(now + knobs.notification_delay, url, said, now, knobs.turned()))
            self._look.notify_all()

    def _send(self, url: str, rings: list[Ring], now: datetime) -> None:
        body = json.dumps({"value": [one.said for one in rings]})
        asked = urllib.request.Request(url, body.encode(), {"Content-Type": "application/json"})  # noqa: S310 - likewise
        status = 0
        try:
            with self._opened(asked, PATIENCE) as answer:
                status = answer.status
        except urllib.error.HTTPError as error:
            status = error.code
        except OSError:
            pass  # nobody there, or not in time: the same as a refusal
        self._recording.note({
            "kind": "notification", "method": "POST", "url": url, "request_body": body, "status": status,
            "knobs": rings[0].knobs,
        })  # fmt: skip
        if not 200 <= status < 300:
            again = [one for one in rings if now - one.first < GIVEN_UP]
            with self._look:
                self._waiting += [Ring(now + RETRY, one.url, one.said, one.first, one.knobs) for one in again]

    def _opened(self, asked: urllib.request.Request, patience: float) -> "urllib.request._UrlopenRet":
        handlers: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler({})]
        if self.tls is not None:
            handlers.append(urllib.request.HTTPSHandler(context=self.tls))
        return urllib.request.build_opener(*handlers).open(asked, timeout=patience)

    def _wake(self) -> None:
        with self._look:
            self._look.notify_all()

    def _run(self) -> None:
        while not self._ends:
            self.ring()
            with self._look:
                if not self._ends and not any(one.due <= self._state.clock.now() for one in self._waiting):
                    self._look.wait(1.0)


def _head(state: State, subscription: Subscription) -> Json:
    return {
        "subscriptionId": subscription.id,
        "subscriptionExpirationDateTime": said_instant(subscription.expires_at),
        "clientState": subscription.said.get("clientState"),
        "tenantId": state.tenant,
    }


def _change(state: State, subscription: Subscription, entry: Entry, kind: str) -> Json:
    mailbox = subscription.mailbox
    key = forms.id_of(mailbox, itself(entry), immutable=subscription.immutable)
    where = f"Users/{mailbox.guid}@{state.tenant}/Events/{key}"
    return {
        **_head(state, subscription),
        "changeType": kind,
        "resource": where,
        "resourceData": {
            "@odata.type": "#Microsoft.Graph.Event", "@odata.id": where, "@odata.etag": forms.etag(mailbox, entry), "id": key,
        },
    }  # fmt: skip
