"""What is refused in a configuration: each with file, key and what was expected, all of it at once, no secret repeated."""

import pytest

from syncd.config import load
from syncd.errors import ConfigInvalid, exit_code

CLOUD = '[accounts.cloud]\nkind = "caldav"\nurl = "https://dav.example.com/"\n'
GRAPH = '[accounts.m365]\nkind = "outlook"\ntenant = "t"\nclient_id = "c"\nclient_secret = { env = "X" }\n'
ANNA = '[[agents]]\nid = "anna"\nname = "Anna"\nemail = "anna@example.com"\n'
LOGIN = '[[agents.calendars]]\naccount = "cloud"\nlogin = "anna"\n'
BLOCK = '[[blocks]]\nscope = "company"\nstart = "2026-01-01T19:00"\nend = "2026-01-02T08:00"\n'


@pytest.fixture
def problems(tmp_path):
    def read(text):
        file = tmp_path / "config.toml"
        file.write_text(text, encoding="utf-8")
        with pytest.raises(ConfigInvalid) as refusal:
            load(file)
        assert exit_code(refusal.value) == 78
        assert all(problem.file == str(file) and problem.message for problem in refusal.value.problems)
        assert str(refusal.value).count("\n") == len(refusal.value.problems) - 1
        return {problem.key: problem.message for problem in refusal.value.problems}

    return read


SHARED = f'{CLOUD}password = {{ file = "secrets/{{login}}" }}\n'

ONE_EACH = {
    # unknown keys
    "near miss": ('timezon = "UTC"', "timezon", "did you mean 'timezone'"),
    "belongs at the top": ('[sync]\ntimezone = "UTC"', "sync.timezone", "at the top of the file"),
    "belongs in a section": ('interval = "60s"', "interval", "belongs in [sync]"),
    "belongs in a list": (f'{ANNA}account = "x"', "agents[0].account", "belongs in [[agents.calendars]]"),
    "belongs in an account": (f'{ANNA}tenant = "x"', "agents[0].tenant", "belongs in [accounts]"),
    "nothing like it": ("[http]\nzzzzzz = 1", "http.zzzzzz", "here can stand: listen, public_url, requests_per_second, proxies, person_header, operators"),
    "fewer than none": ("[http]\nrequests_per_second = -1", "http.requests_per_second", "from 0 to"),
    "no address": ('[http]\nproxies = ["proxy.example.com"]\nperson_header = "X-User"', "http.proxies[0]", "expected an address"),
    "no header": ('[http]\nproxies = ["10.0.0.5"]\nperson_header = "X User"', "http.person_header", "expected a header"),
    "a header of everybody": ('[http]\nperson_header = "X-User"', "http.proxies", "belong together"),
    "a proxy that says nothing": ('[http]\nproxies = ["10.0.0.5"]', "http.person_header", "belong together"),
    "operators nobody names": ('[http]\noperators = ["jan"]', "http.operators", "no effect without"),
    "path is no key": ('path = "/x"', "path", "unknown key"),
    "a quoted key": ('"a b" = 1', "'a b'", "unknown key"),
    "in a secret": (f'{CLOUD}{ANNA}{LOGIN}password = {{ fil = "/x" }}', "agents[0].calendars[0].password.fil", "did you mean 'file'"),
    "in a check": (f"{CLOUD}{ANNA}{LOGIN}check = [{{ nam = 'x' }}]", "agents[0].calendars[0].check[0].nam", "did you mean 'name'"),
    "in a policy": (f"{ANNA}policy = {{ tentativ = true }}", "agents[0].policy.tentativ", "did you mean 'tentative'"),
    # values
    "a zone": ('timezone = "Europe/Amsterdm"', "timezone", "did you mean 'Europe/Amsterdam'"),
    "an agent's zone": (f'{ANNA}timezone = "Mars"', "agents[0].timezone", "is no time zone"),
    "less than a day": ('[store]\nkeep_meetings = "1h"', "store.keep_meetings", 'expected at least "1d"'),
    "a duration": ('[sync]\ninterval = 60', "sync.interval", "expected a duration"),
    "a kind": ('[accounts.x]\nkind = "caldev"', "accounts.x.kind", "did you mean 'caldav'"),
    "a choice": ('[policy]\nagent_edits = "restor"', "policy.agent_edits", "did you mean 'restore'"),
    "a flag in quotes": ('[meetings]\nprivate = "true"', "meetings.private", "expected true or false"),
    "a flag as a number": ("[meetings]\nprivate = 1", "meetings.private", "expected true or false"),
    "a text as a number": (ANNA.replace('"Anna"', "5"), "agents[0].name", "expected a text in quotes"),
    "an empty name": (ANNA.replace('"Anna"', '" "'), "agents[0].name", "not empty"),
    "a name on two lines": (ANNA.replace('"Anna"', '"A\\nB"'), "agents[0].name", "on one line"),
    "an id": (ANNA.replace('"anna"', '"anna vries"'), "agents[0].id", "expected a name of letters"),
    "an empty id": (ANNA.replace('"anna"', '""'), "agents[0].id", "expected a name of letters"),
    "a group's id": ('[groups."a b"]', "groups.'a b'", "expected a name of letters"),
    "an account's id": (CLOUD.replace("cloud", "'c/d'"), "accounts.'c/d'", "expected a name of letters"),
    "an address": (ANNA.replace("anna@example.com", "anna"), "agents[0].email", "expected a mail address"),
    "an address with a space": (f'{ANNA}aliases = ["a b@c"]', "agents[0].aliases[0]", "expected a mail address"),
    "an address too long": (f'{ANNA}aliases = ["{"a" * 254}@c"]', "agents[0].aliases[0]", "expected a mail address"),
    "a list as a text": (f'{ANNA}groups = "x"', "agents[0].groups", "expected a list"),
    "a language": (f'{ANNA}language = "Dutch!"', "agents[0].language", "expected a language tag"),
    "a section as a text": ('sync = "60s"', "sync", "expected a table"),
    "accounts as a list": ("accounts = []", "accounts", "expected a table"),
    "an account as a text": ('accounts.x = "y"', "accounts.x", "expected a table"),
    "agents as a table": ("[agents]", "agents", "expected a list"),
    "an agent as a text": ('agents = ["anna"]', "agents[0]", "expected a table"),
    "listen without a port": ('[http]\nlisten = "127.0.0.1"', "http.listen", "expected a host and a port"),
    "listen on a path that starts nowhere": ('[http]\nlisten = "unix:http.sock"', "http.listen", "expected a host and a port"),
    "listen on no port": ('[http]\nlisten = "127.0.0.1:70000"', "http.listen", "expected a host and a port"),
    "a store nobody knows": ('[store]\nurl = "mysql://x"', "store.url", "expected \"sqlite:"),
    "a store that forgets": ('[store]\nurl = "sqlite:///:memory:"', "store.url", "expected \"sqlite:"),
    "a store without a file": ('[store]\nurl = "sqlite://"', "store.url", "expected \"sqlite:"),
    "an engine": ('[sync]\nengine = "a b"', "sync.engine", "expected a name"),
    # sense
    "stale too soon": ('[sync]\ninterval = "4m"', "sync.stale_after", "at least 3 x interval"),
    "polling without a pause": ('[sync]\ninterval = "0s"', "sync.interval", "at least \"1s\""),
    "no window": ('[sync]\nwindow_ahead = "0d"', "sync.window_ahead", "at least \"1d\""),
    # accounts
    "http elsewhere": (CLOUD.replace("https", "http"), "accounts.cloud.url", "this machine only"),
    "no url": ('[accounts.x]\nkind = "caldav"', "accounts.x.url", "is missing"),
    "no kind": ('[accounts.x]\nurl = "https://x.example.com"', "accounts.x.kind", "is missing"),
    "a host as a URL": (f'{CLOUD}hosts = ["https://x.example.com"]', "accounts.cloud.hosts[0]", "expected a host name"),
    "caldav with a tenant": (f'{CLOUD}tenant = "x"', "accounts.cloud.tenant", "means nothing for an account of kind 'caldav'"),
    "outlook with a url": (f'{GRAPH}url = "https://x.example.com"', "accounts.m365.url", "means nothing for an account of kind 'outlook'"),
    "outlook without a tenant": (GRAPH.replace('tenant = "t"\n', ""), "accounts.m365.tenant", "is missing"),
    "outlook without a secret": (GRAPH.replace('client_secret = { env = "X" }\n', ""), "accounts.m365.client_secret", "exactly one of"),
    "outlook with two secrets": (f'{GRAPH}certificate = {{ file = "/x" }}', "accounts.m365.client_secret", "exactly one of"),
    "graph over http": (f'{GRAPH}graph_url = "http://graph.example.com"', "accounts.m365.graph_url", "this machine only"),
    # agents and logins
    "no agent's name": (ANNA.replace('name = "Anna"\n', ""), "agents[0].name", "is missing (agent 'anna')"),
    "an id twice": (ANNA + ANNA, "agents[1].id", "the id 'anna' is taken: agents[0].id in"),
    "no such group": (f'[groups.mortgage]\n{ANNA}groups = ["mortgag"]', "agents[0].groups[0]", "no group 'mortgag': [groups.mortgag] is missing; did you mean 'mortgage'? (agent 'anna')"),
    "no such account": (CLOUD + ANNA + LOGIN.replace("cloud", "clod"), "agents[0].calendars[0].account", "no account 'clod': [accounts.clod] is missing; did you mean 'cloud'? (agent 'anna')"),
    "a login twice": (CLOUD + ANNA + LOGIN + LOGIN, "agents[0].calendars[1]", "the login 'anna' at 'cloud' stands in calendars[0] already"),
    "two write calendars": (f'{CLOUD}{ANNA}{LOGIN}write = "a"\n{LOGIN.replace("anna", "b")}write = "b"', "agents[0].calendars[1].write", "calendars[0] has a `write` already (agent 'anna')"),
    "an empty login": (CLOUD + ANNA + LOGIN.replace('"anna"', '""'), "agents[0].calendars[0].login", "not empty"),
    "a calendar twice": (f'{CLOUD}{ANNA}{LOGIN}check = ["Work", {{ name = "Work" }}]', "agents[0].calendars[0].check[1]", "'Work' stands here twice"),
    "a check of numbers": (f"{CLOUD}{ANNA}{LOGIN}check = [1]", "agents[0].calendars[0].check[0]", "expected a table"),
    "a password for outlook": (f'{GRAPH}{ANNA}{LOGIN.replace("cloud", "m365")}password = {{ env = "X" }}', "agents[0].calendars[0].password", "signs in for all its logins"),
    "a password": (f'{CLOUD}{ANNA}{LOGIN}password = "canary"', "agents[0].calendars[0].password", "credential = "),
    "a client secret": (GRAPH.replace('{ env = "X" }', '"canary"'), "accounts.m365.client_secret", "does not stand in the configuration"),
    "a login that leads elsewhere": (f"{SHARED}{ANNA}{LOGIN}".replace('login = "anna"', 'login = "../anna"'), "agents[0].calendars[0].login", "password of its own"),
    "a credential of two logins": (f'{CLOUD}password = {{ credential = "x{{login}}{{login}}" }}', "accounts.cloud.password.credential", "may stand once"),
    "passwords of outlook": (f'{GRAPH}password = {{ env = "X" }}', "accounts.m365.password", "means nothing"),
    "a secret in two places": (f'{CLOUD}{ANNA}{LOGIN}password = {{ env = "X", file = "/x" }}', "agents[0].calendars[0].password", "exactly one of"),
    "a secret nowhere": (f"{CLOUD}{ANNA}{LOGIN}password = {{}}", "agents[0].calendars[0].password", "exactly one of"),
    "a secret as a number": (f"{CLOUD}{ANNA}{LOGIN}password = 1234", "agents[0].calendars[0].password", "expected a table"),
    "a credential elsewhere": (f'{CLOUD}{ANNA}{LOGIN}password = {{ credential = "../x" }}', "agents[0].calendars[0].password.credential", "expected a name"),
    "a variable's name": (f'{CLOUD}{ANNA}{LOGIN}password = {{ env = "A-B" }}', "agents[0].calendars[0].password.env", "expected a variable's name"),
    # policies
    "agent_edits of a group": ("[groups.g.policy]\nagent_edits = 'flag'", "groups.g.policy.agent_edits", "global [policy] only"),
    "agent_edits of an agent": (f"{ANNA}policy.agent_edits = 'flag'", "agents[0].policy.agent_edits", "global [policy] only"),
    "agent_edits of a login": (f"{CLOUD}{ANNA}{LOGIN}policy.agent_edits = 'flag'", "agents[0].calendars[0].policy.agent_edits", "global [policy] only"),
    "agent_edits of a calendar": (f"{CLOUD}{ANNA}{LOGIN}check = [{{ name = 'x', policy.agent_edits = 'flag' }}]", "agents[0].calendars[0].check[0].policy.agent_edits", "global [policy] only"),
    # blocks
    "a scope": (BLOCK.replace("company", "all"), "blocks[0].scope", 'expected "company", "group:NAME"'),
    "a scope of no group": ("[groups.sales]\n" + BLOCK.replace("company", "group:sale"), "blocks[0].scope", "no group 'sale'; did you mean 'sales'"),
    "a scope of no agent": (ANNA + BLOCK.replace("company", "agent:ann"), "blocks[0].scope", "no agent 'ann'; did you mean 'anna'"),
    "an end before the start": (BLOCK.replace("01-02T08", "01-01T08"), "blocks[0].end", "must come after the start"),
    "an end at the start": (BLOCK.replace("01-02T08", "01-01T19"), "blocks[0].end", "must come after the start"),
    "a block without an end": (BLOCK.replace('end = "2026-01-02T08:00"\n', ""), "blocks[0].end", "is missing"),
    "a time": (BLOCK.replace("2026-01-01T19:00", "19:00"), "blocks[0].start", "expected a time such as"),
    "a repetition": (f'{BLOCK}repeat = "dayly"', "blocks[0].repeat", "did you mean 'daily'"),
    "until without repeat": (f'{BLOCK}until = "2026-12-31"', "blocks[0].until", "nothing without `repeat`"),
    "count without repeat": (f"{BLOCK}count = 3", "blocks[0].count", "nothing without `repeat`"),
    "exceptions without repeat": (f"{BLOCK}except = [2026-12-25]", "blocks[0].except", "nothing without `repeat`"),
    "an exception that is no date": (f'{BLOCK}repeat = "daily"\nexcept = ["christmas"]', "blocks[0].except[0]", "expected a date such as"),
    "an exception with a time": (f'{BLOCK}repeat = "daily"\nexcept = [2026-12-25T10:00:00]', "blocks[0].except[0]", "expected a date such as"),
    "a count of none": (f'{BLOCK}repeat = "daily"\ncount = 0', "blocks[0].count", "expected a whole number from 1"),
    "a count of too many": (f'{BLOCK}repeat = "daily"\ncount = 1001', "blocks[0].count", "expected a whole number from 1"),
    "a title that is too long": (f'{BLOCK}title = "{"x" * 251}"', "blocks[0].title", "at most 250 characters"),
    "until before the start": (f'{BLOCK}repeat = "daily"\nuntil = "2025-12-31"', "blocks[0].until", "can't come before the start"),
    "a block's zone": (f'{BLOCK}timezone = "Mars"', "blocks[0].timezone", "is no time zone"),
    # mail
    "mail without a sender": ('[mail]\nserver = "localhost:25"', "mail.from", "is missing"),
    "mail from nobody": ('[mail]\nserver = "localhost:25"\nfrom = "Meetings"', "mail.from", "expected an address"),
    "mail from what no header can carry": (
        '[mail]\nserver = "localhost:25"\nfrom = "M <a..b@example.com>"', "mail.from", "expected an address",
    ),
    "mail in plain text elsewhere": (
        '[mail]\nserver = "smtp.example.com:25"\nfrom = "a@b"\nencryption = "none"', "mail.encryption", "this machine only",
    ),
    "mail with half a sign-in": ('[mail]\nserver = "localhost:25"\nfrom = "a@b"\nlogin = "me"', "mail.login", "go together"),
    "mail of an unknown kind": (
        '[mail]\nserver = "localhost:25"\nfrom = "a@b"\n[mail.guests]\nassigned = true', "mail.guests.assigned", "unknown key",
    ),
    "mail by the wrong name": ('[mail]\nserver = "localhost:25"\nform = "a@b"', "mail.form", "did you mean 'from'"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "key", "message"), ONE_EACH.values(), ids=ONE_EACH)
def test_it_is_refused_by_name(problems, text, key, message):
    found = problems(text)
    assert message in found[key]
    assert "canary" not in repr(found)


SIDE_EFFECTS = {
    "an agent as a text",
    "belongs in an account",
    "mail by the wrong name",
    "in a secret",
    "in a check",
    "an engine",
}


@pytest.mark.parametrize(
    ("text", "key", "message"), [ONE_EACH[name] for name in ONE_EACH if name not in SIDE_EFFECTS]
)
def test_one_mistake_is_one_problem(problems, text, key, message):
    assert list(problems(text)) == [key]


def test_all_problems_at_once(problems):
    text = "\n".join(
        [
            '[sync]\ninterval = "5m"\nintervall = "5m"',  # an unknown key does not hide the section's own rule
            '[accounts.a]\nkind = "caldav"',
            '[accounts.b]\nkind = "outlook"\nurl = "ftp://x"',
            ANNA.replace("anna@example.com", "anna"),
            'groups = ["x", "y"]',
            LOGIN,
            ANNA,
            BLOCK.replace("company", "agent:eve").replace("01-02T08", "01-01T08"),
        ]
    )
    assert set(problems(text)) == {
        "sync.intervall",
        "sync.stale_after",
        "accounts.a.url",
        "accounts.b.url",
        "accounts.b.tenant",
        "accounts.b.client_id",
        "accounts.b.client_secret",
        "agents[0].email",
        "agents[0].groups[0]",
        "agents[0].groups[1]",
        "agents[0].calendars[0].account",
        "agents[1].id",
        "blocks[0].scope",
        "blocks[0].end",
    }


def test_a_bad_zone_for_all_is_not_held_against_each_agent(problems):
    assert list(problems(f'timezone = "Mars"\n{ANNA}{BLOCK}')) == ["timezone"]


def test_an_error_carries_no_secret_in_its_chain(tmp_path):
    file = tmp_path / "config.toml"
    file.write_text(f'{CLOUD}{ANNA}{LOGIN}password = "canary"\npasswort = "canary"', encoding="utf-8")
    with pytest.raises(ConfigInvalid) as refusal:
        load(file)
    error = refusal.value
    assert "canary" not in repr((error.args, error.problems, error.__cause__, error.__context__))
