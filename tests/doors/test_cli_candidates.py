"""`syncd candidates --max-age`: what is behind is read first, and a server that does not answer holds nobody up for long."""

import json
import socket
import subprocess
import sys

from desks import CALENDARS, LOGIN, Desk, Office

from connectors.http.wire import Limits


def test_what_was_entered_a_moment_ago_is_seen(office: Office):
    office.ok("migrate")
    office.ok("sync")
    meeting = office.plan("m1")
    start, end = (meeting[name].replace("-", "").replace(":", "") for name in ("start", "end"))
    office.add_event("bert", start, end)

    def mark(*words: str) -> str:
        found = office.json("candidates", "m1", *words)["candidates"]
        return next(one["mark"] for one in found if one["agent"] == "bert")

    assert mark() == "available"
    assert mark("--max-age", "1h") == "available"
    assert mark("--max-age", "0s", "--within", "1m") == "not available"


def test_who_has_no_calendar_was_not_never_seen(office: Office):
    """Dora is free by blocks and meetings alone; of anna nothing is known yet."""
    office.config.write_text(
        office.config.read_text() + '[[agents]]\nid = "dora"\nname = "Dora"\nemail = "dora@example.com"\n'
    )
    office.ok("migrate")
    office.plan("m1")
    lines = {
        line.split()[0]: line.split()[-1] for line in office.ok("candidates", "m1").out.splitlines() if line
    }
    assert (lines["dora"], lines["anna"]) == ("-", "never")


def test_a_server_that_does_not_answer_holds_nobody_up_for_long(desk: Desk, tmp_path, monkeypatch):
    """The command ends when its time is over, with threads still waiting; those it leaves behind are nobody's loss."""
    secret = tmp_path / "secret"
    secret.write_text("secret")
    secret.chmod(0o600)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        head, anna, *others = desk.config.read_text().split("[[agents]]")
        calendars = CALENDARS.format(server=f"http://127.0.0.1:{silent.getsockname()[1]}/")
        text = "[[agents]]".join(
            [head + calendars, anna + LOGIN.format(login="anna", secret=secret), *others]
        )
        desk.config.write_text(text)
        desk.ok("migrate")
        desk.plan("m1")
        ended = subprocess.run(
            [sys.executable, "-m", "syncd", "candidates", "m1", "--max-age", "30s", "--within", "1s", "--json", "--config", str(desk.config)],
            capture_output=True, text=True, timeout=Limits().silence,
        )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    marks = {one["agent"]: one for one in json.loads(ended.stdout)["candidates"]}
    assert [one["kind"] for one in marks["anna"]["reasons"]] == ["never-seen"]
    assert marks["bert"]["mark"] == "available"
