"""Lines of the journal in short: what an operator is told whose change came too late, because others were faster.

Pure. Nobody's address stands in one: the words of a refusal end up in logs.
"""

from collections.abc import Iterable

from store.model import Change


def since(changes: Iterable[Change], version: int) -> str:
    """What happened to a meeting after it was at this version, as one sentence without an end; "" if nothing did."""
    return ", then ".join(
        f"{in_short(one)} by {one.by}"
        for one in changes
        if one.version > version and not one.detail.get("unchanged")
    )


def in_short(change: Change) -> str:
    """What the change did, in a few words."""
    body = change.body
    match change.kind:
        case "plan":
            return f"planned for {body.get('agent')}"
        case "invite":
            return "given another guest" if not body.get("replace") else "given a guest in another's place"
        case "reschedule":
            return f"moved to {body.get('start')}"
        case "cancel":
            return "cancelled"
        case "assign":
            return f"handed over to {body.get('to')}"
        case "status":
            return f"said to be {body.get('status')}"
