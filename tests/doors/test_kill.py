"""kill -9 of the daemon at the one write that must never be made twice, on a real server.

Afterwards exactly one event, in the right calendar, at the right time; nothing owed; nothing lost. Every other moment of every
change has its turn in the kill campaign (`test_kill_campaign`).
The daemon is the real one (`syncd run`), the server a real Radicale, looked at by an independent client.
"""

import pytest
from daemons import Scene, ended_or_done
from killing import When, killing, start_daemon


def killed_at_request(scene: Scene, at: int, when: When) -> bool:
    """Run the daemon until the proxy kills it; False if it delivered everything before it came to that request."""
    meeting = scene.planned()
    daemon = start_daemon(scene.config, scene.folder / "daemon.log")
    scene.proxy.program(killing(daemon.pid, when), number=at)
    killed = ended_or_done(scene, daemon, meeting)
    scene.proxy.heal()
    scene.check(meeting)
    return killed


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_at_the_write_of_the_new_copy(scene: Scene, when: When) -> None:
    """The second request is the PUT into ben's calendar: forwarded or not, one event comes out of it."""
    assert killed_at_request(scene, 2, when)
