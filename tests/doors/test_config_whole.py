"""What a configuration means once loaded: values, defaults, layers, and what the store is told."""

import pickle
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from store.model import Agent, LoginPlan
from syncd.config import AgentConfig, Config, PolicySettings, SecretRef, load, to_agents, to_logins
from syncd.errors import ConfigInvalid

WHOLE = """
timezone = "Europe/Amsterdam"
[policy]
tentative = false
buffer_after = "5m"
[accounts.cloud]
kind = "caldav"
url = "http://127.0.0.1:5232/"
auth = "digest"
hosts = ["dav2.example.com", "[::1]:8443"]
[accounts.m365]
kind = "outlook"
tenant = "t"
client_id = "c"
certificate = { file = "/cert.pem" }
[groups.mortgage]
name = "Mortgage advice"
policy = { working_elsewhere = true }
[groups.plain]
[[agents]]
id = "anna"
name = "Anna de Vries"
email = "anna@example.com"
aliases = ["a@example.com"]
timezone = "Asia/Tokyo"
language = "nl"
groups = ["mortgage", "plain"]
policy = { buffer_before = "10m" }
[[agents.calendars]]
account = "cloud"
login = "anna"
password = { env = "ANNA" }
check = ["Work", { name = "Private", policy = { all_day = false } }]
write = "Work"
policy = { unknown = false }
[[agents.calendars]]
account = "m365"
login = "anna@example.com"
check = []
[[agents]]
id = "ben"
name = "Ben"
email = "ben@example.com"
active = false
[[blocks]]
scope = "group:mortgage"
title = "Night"
start = "2026-07-01T19:00"
end = "2026-07-02T08:00"
repeat = "daily"
until = "2026-12-31"
count = 100
except = [2026-07-03, "2026-07-04"]
"""


@pytest.fixture
def config(tmp_path):
    file = tmp_path / "config.toml"
    file.write_text(WHOLE, encoding="utf-8")
    return load(file)


# The whole -----------------------------------------------------------------------------------------------------------


def test_the_documented_defaults(tmp_path):
    file = tmp_path / "config.toml"
    file.write_text("", encoding="utf-8")
    config = load(file)
    assert config.model_dump() == {
        "timezone": "UTC",
        "include": (),
        "holidays": None,
        "store": {"url": "sqlite:////var/lib/syncd/syncd.db", "keep_meetings": timedelta(0)},
        "sync": {
            "interval": timedelta(seconds=60),
            "window_past": timedelta(days=1),
            "window_ahead": timedelta(days=180),
            "stale_after": timedelta(minutes=10),
            "engine": "local",
        },
        "policy": {
            "tentative": True,
            "out_of_office": True,
            "unknown": True,
            "working_elsewhere": False,
            "all_day": True,
            "buffer_before": timedelta(0),
            "buffer_after": timedelta(0),
            "agent_edits": "flag",
        },
        "meetings": {
            "release_after": timedelta(minutes=15),
            "private": True,
            "reminder": timedelta(0),
            "tell_guests_on_assign": False,
            "keep_cancelled": False,
        },
        "limits": {
            "bytes": 10 * 1024 * 1024,
            "lines": 500_000,
            "line": 1024 * 1024,
            "properties": 200_000,
            "components": 40_000,
            "nesting": 8,
            "overrides": 10_000,
            "exceptions": 50_000,
            "extras": 20_000,
            "rules": 100,
            "zones": 100,
            "observances": 500,
            "zone_steps": 10_000,
            "occurrences": 2_000,
            "all_occurrences": 200_000,
            "rule_steps": 300_000,
            "all_steps": 3_000_000,
            "problems": 100,
        },
        "http": {
            "listen": "127.0.0.1:8420",
            "public_url": "",
            "requests_per_second": 200,
            "proxies": (),
            "person_header": "",
            "operators": (),
        },
        "mail": None,
        "accounts": {},
        "groups": {},
        "agents": (),
        "blocks": (),
    }
    assert config.notes() == ()
    assert config == Config(path=file)


def test_the_global_policy_is_whole_and_all_others_say_only_what_is_set(config):
    assert (config.policy.tentative, config.policy.out_of_office) == (False, True)
    assert (config.policy.buffer_before, config.policy.buffer_after) == (timedelta(0), timedelta(minutes=5))
    assert config.groups["mortgage"].policy == PolicySettings(working_elsewhere=True)
    assert config.groups["plain"].policy is None
    anna = config.agents[0]
    assert anna.policy == PolicySettings(buffer_before=timedelta(minutes=10))
    assert anna.calendars[0].policy == PolicySettings(unknown=False)
    assert [entry.policy for entry in anna.calendars[0].check] == [None, PolicySettings(all_day=False)]


def test_a_zone_of_ones_own_or_that_of_all(config):
    assert [agent.timezone for agent in config.agents] == ["Asia/Tokyo", "Europe/Amsterdam"]
    assert config.blocks[0].timezone == "Europe/Amsterdam"


def test_a_group_is_called_like_its_key_unless_it_has_a_name(config):
    assert [group.name for group in config.groups.values()] == ["Mortgage advice", "plain"]


def test_accounts_and_secrets(config):
    cloud, m365 = config.accounts["cloud"], config.accounts["m365"]
    assert (cloud.kind, cloud.auth, cloud.hosts) == ("caldav", "digest", ("dav2.example.com", "[::1]:8443"))
    assert m365.certificate == SecretRef(file="/cert.pem")
    assert m365.graph_url == "https://graph.microsoft.com/v1.0"
    assert config.agents[0].calendars[0].password == SecretRef(env="ANNA")
    assert config.agents[0].calendars[1].password is None


def test_a_block_is_in_utc(config):
    block = config.blocks[0]
    assert (block.start, block.end) == (
        datetime(2026, 7, 1, 17, tzinfo=UTC),
        datetime(2026, 7, 2, 6, tzinfo=UTC),
    )
    assert block.until == datetime(2026, 12, 31, 22, 59, 59, tzinfo=UTC)
    assert (block.repeat, block.count) == ("daily", 100)
    assert block.exceptions == (date(2026, 7, 3), date(2026, 7, 4))


def test_what_the_store_is_told(config):
    assert to_agents(config) == [
        Agent(
            "anna",
            "Anna de Vries",
            "anna@example.com",
            "Asia/Tokyo",
            ("a@example.com",),
            "nl",
            ("mortgage", "plain"),
        ),
        Agent("ben", "Ben", "ben@example.com", "Europe/Amsterdam", active=False),
    ]
    assert to_logins(config) == [
        LoginPlan("anna", "cloud", "anna", "caldav", ("Work", "Private"), "Work"),
        LoginPlan("anna", "m365", "anna@example.com", "outlook", (), None),
    ]


def test_it_can_not_be_changed(config):
    for target, name in ((config, "timezone"), (config.sync, "interval"), (config.agents[0], "id")):
        with pytest.raises(ValidationError, match="frozen"):
            setattr(target, name, "x")


def test_it_can_be_handed_to_another_process(config):
    assert pickle.loads(pickle.dumps(config)) == config


def test_it_can_be_built_by_hand():
    anna = AgentConfig(id="anna", name="Anna", email="anna@example.com", timezone="UTC")
    config = Config(agents=(anna,), policy=PolicySettings(tentative=False))
    assert (config.policy.tentative, config.policy.all_day, config.path) == (False, True, Path())


# Notes ---------------------------------------------------------------------------------------------------------------

INERT = [
    ("sync.engine", '[sync]\nengine = "other"'),
]


@pytest.mark.parametrize(("key", "text"), INERT, ids=[key for key, _ in INERT])
def test_what_has_no_effect_yet_is_said(tmp_path, key, text):
    file = tmp_path / "config.toml"
    file.write_text(text, encoding="utf-8")
    (note,) = load(file).notes()
    assert note.startswith(f"{key} is ")


def test_all_of_it_together(tmp_path):
    file = tmp_path / "config.toml"
    file.write_text("\n".join(text for _, text in INERT), encoding="utf-8")
    assert len(load(file).notes()) == len(INERT)


def test_listening_can_be_left_out_unless_the_outside_is_told_where(tmp_path):
    file = tmp_path / "config.toml"
    file.write_text('[http]\nlisten = ""', encoding="utf-8")
    assert load(file).http.listen == ""
    file.write_text('[http]\nlisten = ""\npublic_url = "https://syncd.example.com"', encoding="utf-8")
    with pytest.raises(ConfigInvalid, match=r"http.public_url: leads nowhere while `listen` is empty"):
        load(file)


def test_a_zone_that_was_assumed_is_said(tmp_path):
    file = tmp_path / "config.toml"
    file.write_text('[[agents]]\nid = "a"\nname = "A"\nemail = "a@b"\n', encoding="utf-8")
    (note,) = load(file).notes()
    assert note.startswith("timezone is not set")
    file.write_text(f'timezone = "UTC"\n{file.read_text(encoding="utf-8")}', encoding="utf-8")
    assert load(file).notes() == ()


def test_a_password_in_the_stores_address_is_said_without_it(tmp_path):
    file = tmp_path / "config.toml"
    file.write_text(
        '[store]\nurl = "postgresql+psycopg://syncd:canary@db.example.com/syncd"', encoding="utf-8"
    )
    (note,) = load(file).notes()
    assert note.startswith("store.url holds a password")
    assert "canary" not in note
    file.write_text('[store]\nurl = "postgresql+psycopg://syncd@db.example.com/syncd"', encoding="utf-8")
    assert load(file).notes() == ()


@pytest.mark.parametrize(
    ("server", "more", "protection"),
    [
        ("127.0.0.1:25", "", "none"), ("localhost:587", "", "none"), ("smtp.example.com:465", "", "tls"),
        ("smtp.example.com:587", "", "starttls"), ("smtp.example.com:25", "", "starttls"),
        ("localhost:25", 'encryption = "starttls"', "starttls"),
    ],
)  # fmt: skip
def test_mail_is_protected_as_its_server_asks_for(tmp_path, server, more, protection):
    file = tmp_path / "config.toml"
    file.write_text(f'[mail]\nserver = "{server}"\nfrom = "M <a@example.com>"\n{more}\n', encoding="utf-8")
    settings = load(file).mail
    assert (f"{settings.host}:{settings.port}", settings.protection) == (server, protection)
