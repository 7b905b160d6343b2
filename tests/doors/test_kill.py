"""kill -9 of the daemon around each request and each commit of an assign, on a real server.

Afterwards, whatever the moment: exactly one event, in the right calendar, at the right time; nothing owed; nothing lost.
The daemon is the real one (`syncd run`), the server a real Radicale, looked at by an independent client.
"""

from itertools import count

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


def killed_at_commit(scene: Scene, at: int, when: When) -> bool:
    """Run the daemon until its `at`-th commit kills it; False if it delivered everything before."""
    meeting = scene.planned()
    daemon = start_daemon(scene.config, scene.folder / "daemon.log", commit=at, when=when)
    killed = ended_or_done(scene, daemon, meeting)
    scene.check(meeting)
    return killed


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_at_the_write_of_the_new_copy(scene: Scene, when: When) -> None:
    """The second request is the PUT into ben's calendar: forwarded or not, one event comes out of it."""
    assert killed_at_request(scene, 2, when)


@pytest.mark.long
@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_at_each_request_of_an_assign(scene: Scene, when: When) -> None:
    points = next(at for at in count(1) if not killed_at_request(scene, at, when))
    assert points > 5  # find, put and verify at ben's, find and delete at anna's: else nothing was tested


@pytest.mark.long
@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_at_each_commit_of_an_assign(scene: Scene, when: When) -> None:
    points = next(at for at in count(1) if not killed_at_commit(scene, at, when))
    assert points > 5
