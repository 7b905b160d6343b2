"""How commands end: exit codes, what stands on stderr, and where the configuration comes from."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from desks import Desk

from syncd import __version__
from syncd.__main__ import main

PROBLEM = {"type", "title", "status", "detail", "errors"}


def syncd(*words: str, **more: object) -> "subprocess.CompletedProcess[str]":
    """A command as a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "syncd", *words], capture_output=True, text=True, timeout=60, **more
    )


def test_the_version_and_the_help_end_with_0(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"syncd {__version__}\n"
    assert main(["--help"]) == 0
    listed = capsys.readouterr().out
    for name in ("run", "demo", "check-config", "migrate", "sync", "status", "agents", "busy", "explain", "ical", "meeting",
                 "candidates", "deliveries"):  # fmt: skip
        assert f"\n  {name}" in listed
        assert main([name, "--help"]) == 0
        shown = capsys.readouterr().out
        assert shown.startswith(f"Usage: syncd {name}")
        assert "--config" in shown


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "Missing command"),
        (("stauts",), "Did you mean 'status'"),
        (("busy",), "AGENT"),
        (("busy", "anna", "--frm", "x"), "--frm"),
        (("candidates", "m1", "--limit", "201"), "--limit"),
        (("deliveries", "retry", "one"), "'ID': a whole number is expected"),
        (("candidates", "m1", "--limit", "0"), "'--limit': it is at least 1"),
        (("meeting", "status", "m1", "well"), "'status': 'well' is not one of"),
        (("mail",), "Missing command"),
        (
            ("token", "create", "--scope", "most"),
            "value for '--scope': 'most' is not one of 'read', 'write', 'admin'",
        ),
    ],
)
def test_wrong_use_ends_with_64_and_names_what_is_wrong(words, says, capsys):
    assert main(words) == 64
    said = capsys.readouterr()
    assert says in said.err
    assert "--help" in said.err
    assert said.out == ""


def test_no_configuration_ends_with_78_and_names_the_places(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SYNCD_CONFIG", raising=False)
    if not Path("/etc/syncd/config.toml").exists():
        assert main(["agents"]) == 78
        assert "$SYNCD_CONFIG" in capsys.readouterr().err


def test_a_wrong_configuration_ends_with_78_and_the_problem_lists_each_key(desk: Desk):
    desk.config.write_text(desk.config.read_text() + '[sync]\nintervall = "60s"\nengine = 3\n')
    outcome = desk.run("agents", "--json")
    assert outcome.code == 78
    assert "did you mean" in outcome.err.lower() or "interval" in outcome.err
    assert set(outcome.problem) >= PROBLEM
    assert [sorted(one) for one in outcome.problem["errors"]] == [["message", "path"]] * 2
    assert any("sync.intervall" in one["path"] for one in outcome.problem["errors"])


def test_the_configuration_may_stand_before_the_command_or_in_the_environment(
    desk: Desk, monkeypatch, capsys
):
    desk.plan()
    capsys.readouterr()
    for words in (("--config", str(desk.config), "agents"), ("meeting", "--config", str(desk.config), "list"),
                  ("--config", str(desk.config), "meeting", "list"), ("deliveries", "--config", str(desk.config), "list")):  # fmt: skip
        assert main([*words, "--json"]) == 0
        assert "items" in json.loads(capsys.readouterr().out)
    monkeypatch.setenv("SYNCD_CONFIG", str(desk.config))
    assert main(["agents", "--json"]) == 0
    assert main(["deliveries", "--json", "list"]) == 0


def test_a_store_that_is_not_there_or_not_migrated_ends_with_78_and_migrate_makes_it(desk: Desk, tmp_path):
    place = tmp_path / "new.db"
    text = desk.config.read_text()
    url = next(line for line in text.splitlines() if line.startswith("url"))
    desk.config.write_text(text.replace(url, f'url = "sqlite:///{place}"'))
    for _ in range(2):
        outcome = desk.run("agents", "--json")
        assert outcome.code == 78
        assert "syncd migrate" in outcome.err
        place.touch(mode=0o600)
    assert desk.json("migrate") == {"store": f"sqlite:///{place}", "ready": True}
    assert desk.json("agents") == {"items": [], "next": None}
    assert "is ready" in desk.ok("migrate").out


def test_a_store_whose_directory_is_gone_ends_with_75(desk: Desk, tmp_path):
    text = desk.config.read_text()
    url = next(line for line in text.splitlines() if line.startswith("url"))
    desk.config.write_text(text.replace(url, f'url = "sqlite:///{tmp_path}/gone/new.db"'))
    assert desk.run("status").code == 75


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to somebody else")
def test_as_another_user_than_the_stores_owner_a_command_ends_with_77_and_the_line_that_works(desk: Desk):
    url = next(line for line in desk.config.read_text().splitlines() if line.startswith("url"))
    os.chown(url.split("sqlite:///")[1].strip('"'), 65534, -1)
    outcome = desk.run("status", "--json")
    assert outcome.code == 77
    assert "runuser -u nobody -- " in outcome.err
    assert outcome.problem["status"] == 403


def test_run_fetches_all_secrets_first_and_names_the_agent_and_the_key(desk: Desk):
    text = desk.config.read_text() + (
        '[[agents.calendars]]\naccount = "cloud"\nlogin = "cleo"\npassword = { env = "SYNCD_TEST_NOT_SET" }\n'
        '[accounts.cloud]\nkind = "caldav"\nurl = "http://127.0.0.1:9/"\n'
    )
    desk.config.write_text(text)
    outcome = desk.run("run")
    assert outcome.code == 77
    assert "agents.cleo.calendars[0].password" in outcome.err
    assert "SYNCD_TEST_NOT_SET" in outcome.err


def test_a_refusal_with_json_is_told_in_words_and_as_a_problem(desk: Desk):
    desk.plan()
    outcome = desk.run("meeting", "show", "nothing", "--json")
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err.splitlines()[0] == "syncd: there is no meeting 'nothing'"
    assert outcome.err.splitlines()[1].startswith("hint: ")
    assert set(outcome.problem) >= PROBLEM
    assert (outcome.problem["status"], outcome.problem["detail"]) == (404, "there is no meeting 'nothing'")
    plan_again = desk.run(
        "meeting", "plan", "m1", "--agent", "bert", "--start", "2030-01-07T10:00Z", "--end", "2030-01-07T11:00Z",
        "--title", "Other", "--json",
    )  # fmt: skip
    assert (plan_again.code, plan_again.problem["status"]) == (1, 409)


def test_a_message_can_not_steer_the_terminal(desk: Desk):
    outcome = desk.run("meeting", "show", "\x1b[31mred\nsecond")
    assert outcome.code == 1
    assert "\x1b" not in outcome.err


def test_a_defect_keeps_its_traceback(desk: Desk, monkeypatch):
    monkeypatch.setattr("syncd.cli.agents.all_agents", lambda ctx: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        desk.run("agents")


def test_when_nobody_reads_any_more_a_command_ends_quietly(desk: Desk):
    for number in range(5):
        desk.plan(f"m{number}")
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as out:
        ended = subprocess.run(
            [sys.executable, "-m", "syncd", "meeting", "list", "--config", str(desk.config)],
            stdout=out, stderr=subprocess.PIPE, text=True, timeout=60,
        )  # fmt: skip
    assert (ended.returncode, ended.stderr) == (1, "")


def test_a_name_that_the_terminal_has_no_letters_for_is_escaped(desk: Desk):
    desk.plan("m1", "--guest", "Zoë <zoe@example.org>")
    surroundings = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    ended = syncd("meeting", "show", "m1", "--config", str(desk.config), env=surroundings)
    assert ended.returncode == 0, ended.stderr
    assert "Zo\\xeb" in ended.stdout
    told = syncd("meeting", "show", "m1", "--json", "--config", str(desk.config), env=surroundings)
    assert json.loads(told.stdout)["guests"][0]["name"] == "Zoë"


def test_the_daemon_runs_until_it_is_told_to_stop(desk: Desk):
    daemon = subprocess.Popen(
        [sys.executable, "-m", "syncd", "run", "--config", str(desk.config)],
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert daemon.stderr is not None
        line = next(line for line in daemon.stderr if "started" in line)
        assert "agents=3" in line
        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(20) == 0
    finally:
        daemon.kill()
        daemon.communicate()


HEEDING = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from syncd.__main__ import main
sys.exit(main())
"""
"""syncd, heeding Ctrl-C also where the tests don't: a shell without job control has its background jobs ignore it."""


def test_ctrl_c_ends_with_130_also_while_a_server_does_not_answer(desk: Desk):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        login = '[[agents.calendars]]\naccount = "cloud"\nlogin = "cleo"\n'
        account = f'[accounts.cloud]\nkind = "caldav"\nurl = "http://127.0.0.1:{silent.getsockname()[1]}/"\n'
        secret = desk.config.with_name("secret")
        secret.touch(mode=0o600)
        secret.write_text("x")
        desk.config.write_text(
            f'{desk.config.read_text()}{login}password = {{ file = "{secret}" }}\n{account}'
        )
        asking = subprocess.Popen(
            [sys.executable, "-c", HEEDING, "sync", "--config", str(desk.config)],
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            silent.settimeout(30)
            connection, _ = silent.accept()
            asking.send_signal(signal.SIGINT)
            assert asking.wait(10) == 130
            assert asking.communicate()[1] == "interrupted\n"
            connection.close()
        finally:
            asking.kill()
            asking.wait()
