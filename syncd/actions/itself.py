"""What stands in calendars and is the meeting itself, so that it never blocks itself: not by its event, nor by an invitation.

Three kinds of events come back as busy time. Our own event, if its agent made a series of it. Our own event that was given up, because
its agent or their login had left the configuration, once both are back. And where a guest is also an agent, the invitation that
was mailed to the guest, once it is in the agent's own calendar: it is left out for that very meeting only, and only for agents who
are its guests; so whoever sends them something under its UID hides no more than that, from no other meeting.
"""

from collections.abc import Collection, Iterable

from store import agents, calendars, copies, slots
from store.database import Tx
from store.model import Copy, Meeting, Slot
from syncd.mail.letter import uid_of
from syncd.rules.guests import identity

Apart = frozenset[tuple[str, str]]
"""(agent, href) of the objects that are the meeting itself."""

NOTHING: Apart = frozenset()

_FOREIGN_UID = "040000008200E00074C5B7101A82E008" + "0" * 40
"""How Exchange begins the identity of a meeting that came from elsewhere ([MS-OXCICAL] 2.1.3.1.1.20.26)."""


def apart(tx: Tx, meeting: Meeting) -> Apart:
    """The objects in agents' calendars that are the meeting itself."""
    ours = copies.copies(tx, meeting=meeting.id)
    logins = calendars.logins(tx, agents={copy.agent for copy in ours}) if ours else []
    served = {(login.agent, login.account, login.login) for login in logins}
    own = {(copy.agent, copy.href) for copy in ours if _comes_back(copy, served)}
    meant = agents.meant_by(tx, [identity(guest) for guest in meeting.guests])
    invited = [agent for found in meant.values() for agent in found]
    return frozenset(own | slots.objects_of(tx, mail_uids(meeting.id), invited) if invited else own)


def _comes_back(copy: Copy, served: Collection[tuple[str, str, str]]) -> bool:
    """Does what stands at a copy's address take time as if it were another's? Its address is of our making, or the server's."""
    if copy.state == "present" and (copy.found_parts or {}).get("repeats") == "yes":
        return True
    return copy.state == "abandoned" or (copy.agent, copy.place.account, copy.place.login) not in served


def mail_uids(meeting_id: str) -> tuple[str, str]:
    """The UID of the invitations to a meeting's guests: as it was mailed, and as Exchange may give it back."""
    uid = uid_of(meeting_id)
    data = b"vCal-Uid" + (1).to_bytes(4, "little") + uid.encode() + b"\0"
    return uid, _FOREIGN_UID + (len(data).to_bytes(4, "little") + data).hex().upper()


def without(found: Iterable[Slot], itself: Collection[tuple[str, str]]) -> list[Slot]:
    """The slots that are not the meeting itself."""
    return [slot for slot in found if (slot.agent, slot.href) not in itself]
