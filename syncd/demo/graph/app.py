"""A request from the door to the answer: faults, sign-in, limits, the mailbox's own state, the route, the record.

Graph's headers are on every answer: request-id, client-request-id as it came, Date (Graph: "Best practices", "Microsoft
Graph error responses").
"""

import json
import uuid
from dataclasses import dataclass, field
from email.utils import format_datetime

from syncd.demo.graph import batch
from syncd.demo.graph.asking import VERSION, Answer, Call, Request
from syncd.demo.graph.bell import Bell
from syncd.demo.graph.faults import KINDS, Fault, Faults, Kind, Wire, refusal
from syncd.demo.graph.recording import Recording
from syncd.demo.graph.refusal import Refused
from syncd.demo.graph.routes import subscriptions
from syncd.demo.graph.routes.table import routed
from syncd.demo.graph.state import State
from syncd.demo.graph.throttle import Throttle
from syncd.demo.graph.tokens import Tokens, as_json

JSON_TYPE = (
    "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
)
CLOSED: dict[str, tuple[int, str, str]] = {
    "no-access": (403, "ErrorAccessDenied", "Access to OData is disabled."),
    "not-enabled": (404, "MailboxNotEnabledForRESTAPI", "The mailbox is either inactive, soft-deleted, or is hosted on-premise."),
    "unlicensed": (404, "ErrorNonExistentMailbox", "The SMTP address has no mailbox associated with it."),
}  # fmt: skip
"""Mailboxes that are there but not to be had."""


@dataclass(slots=True)
class Reply:
    """What goes over the wire, and how. `status` 0: nothing, the connection ends."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    wire: Wire = ""


class App:
    """Answers requests; usable from many threads."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.tokens = Tokens(state)
        self.throttle = Throttle(state)
        self.faults = Faults()
        self.recording = Recording()
        self.bell = Bell(state, self.recording)

    def reply(self, request: Request) -> Reply:
        """Answer a request, or do to it what a fault says."""
        self.state.settle()
        if not request.path.startswith(VERSION):
            host = request.headers.get("host", "")
            status, said = self.tokens.answer(request.method, request.path, request.body, host)
            return Reply(
                status,
                {"Content-Type": "application/json; charset=utf-8", "Date": self._date()},
                as_json(said),
            )
        started = self.state.clock.stamp()
        fault = self.faults.next(request.method, request.target)
        turned = self._turned(fault)
        reply = self._reply(request, fault)
        status_seen = None if reply.wire == "reset" else reply.status
        self.recording.add(
            request, status_seen, reply.headers, b"" if reply.wire == "reset" else reply.body,
            started=started, ended=self.state.clock.stamp(), turned=turned,
        )  # fmt: skip
        return reply

    def _turned(self, fault: Fault | None) -> dict[str, str]:
        """What makes this answer another than Graph's usual one."""
        odd = {"odd": "True"} if self.state.odd else {}
        return self.state.knobs.turned() | odd | ({"fault": fault.kind} if fault else {})

    def _reply(self, request: Request, fault: Fault | None) -> Reply:
        if fault is None:
            return self._said(request, self.answer(request))
        kind = KINDS[fault.kind]
        if not kind.after:
            return self._spoilt(request, kind, Answer(kind.status or 500))
        return self._spoilt(request, kind, self.answer(request))

    def _spoilt(self, request: Request, kind: Kind, answer: Answer) -> Reply:
        if kind.code:
            answer = self._refusal(request, refusal(kind, self.state.knobs, self.state.clock.now()))
        reply = self._said(request, answer)
        if kind.html:
            return Reply(kind.status, {**reply.headers, "Content-Type": "text/html"}, kind.html)
        reply.wire = kind.wire
        if kind.after and not kind.code and not kind.wire:
            reply.body = reply.body[: len(reply.body) // 2]
        return reply

    def answer(self, request: Request, *, inside: bool = False) -> Answer:
        """The answer, refusals included. `inside`: of a batch, which has signed in and is counted for itself."""
        try:
            return self._routed(request, inside=inside)
        except Refused as refused:
            return self._refusal(request, refused)

    def _routed(self, request: Request, *, inside: bool) -> Answer:
        app = "" if inside else self.tokens.app_of(request.headers.get("authorization", ""))
        if request.segments == ("$batch",) and request.method == "POST" and not inside:
            return batch.answer(self, request)
        answering, args = routed(request.method, request.segments)
        call = Call(self.state, request, args, app or self.tokens.client_id)
        if "user" not in args:
            if request.method == "POST" and request.segments == ("subscriptions",):
                self._shake_hands(call)
            with self.state.lock:
                return self._applied(call, answering(call))
        self._let_in(call)
        with self.throttle.passing(call.mailbox.guid), self.state.lock:
            return self._applied(call, answering(call))

    def _let_in(self, call: Call) -> None:
        """The mailbox must be there, and be open."""
        mailbox = self.state.found(call.args["user"])
        bare = len(call.request.segments) == 2
        if mailbox is None:
            code = "Request_ResourceNotFound" if bare else self.state.knobs.unknown_user_code
            message = f"Resource '{call.args['user']}' does not exist or one of its queried reference-property objects are not present."
            raise Refused(404, code, message)
        if mailbox.appears_at is not None and self.state.clock.now() >= mailbox.appears_at:
            mailbox.access, mailbox.appears_at = "open", None
        if mailbox.access in CLOSED and not bare:
            raise Refused(*CLOSED[mailbox.access])

    def _shake_hands(self, call: Call) -> None:
        """Both addresses are asked, also if they are the same, before the subscription is made; outside of the lock."""
        said = call.fields()
        with self.state.lock:
            subscriptions.checked(call, said)
        for name in ("notificationUrl", "lifecycleNotificationUrl"):
            if said.get(name):
                self.bell.shake_hands(said[name])

    def _applied(self, call: Call, answer: Answer) -> Answer:
        if call.prefer.applied:
            answer.headers["Preference-Applied"] = ", ".join(call.prefer.applied)
        return answer

    def _refusal(self, request: Request, refused: Refused) -> Answer:
        now = self.state.clock.now()
        mine = request.headers.get("client-request-id") or str(uuid.uuid4())
        said = refused.body(str(uuid.uuid4()), mine, f"{now:%Y-%m-%dT%H:%M:%S}")
        return Answer(refused.status, said, dict(refused.headers))

    def _said(self, request: Request, answer: Answer) -> Reply:
        number = str(uuid.uuid4())
        headers = {
            "Date": self._date(), "request-id": number, "client-request-id": request.headers.get("client-request-id", number),
            "Cache-Control": "private", **answer.headers,
        }  # fmt: skip
        if answer.body is None:
            return Reply(answer.status, headers)
        headers["Content-Type"] = JSON_TYPE
        return Reply(answer.status, headers, json.dumps(answer.body, ensure_ascii=False).encode())

    def _date(self) -> str:
        return format_datetime(self.state.clock.now(), usegmt=True)
