"""Which file is read, what it includes, and how several become one without anybody losing track of what came whence."""

import os

import pytest

from syncd.config import files, find, load
from syncd.errors import ConfigInvalid, ConfigProblem, NotPermitted

ANNA = '[[agents]]\nid = "anna"\nname = "Anna"\nemail = "anna@example.com"\n'
BEN = '[[agents]]\nid = "ben"\nname = "Ben"\nemail = "ben@example.com"\n'


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty working folder; neither the environment nor /etc of this machine matters."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SYNCD_CONFIG", raising=False)
    monkeypatch.setattr(files, "PLACES", (str(tmp_path / "etc/config.toml"), "config.toml"))
    return tmp_path


def write(folder, **texts):
    for name, text in texts.items():
        file = folder / f"{name.replace('__', '/')}.toml"
        file.parent.mkdir(exist_ok=True, parents=True)
        file.write_text(text, encoding="utf-8")
    return folder / "config.toml"


def refusal(path):
    with pytest.raises(ConfigInvalid) as caught:
        load(path)
    return caught.value.problems


# Which file ----------------------------------------------------------------------------------------------------------


def test_the_places_are_those_of_the_interface():
    assert files.PLACES == ("/etc/syncd/config.toml", "config.toml")


def test_the_first_place_wins(folder, monkeypatch):
    write(folder, given="", named="", etc__config="", config="")
    monkeypatch.setenv("SYNCD_CONFIG", str(folder / "named.toml"))
    assert find(folder / "given.toml") == folder / "given.toml"
    assert find(None) == folder / "named.toml"
    monkeypatch.setenv("SYNCD_CONFIG", "")
    assert find(None) == folder / "etc/config.toml"
    (folder / "etc/config.toml").unlink()
    assert find(None).absolute() == folder / "config.toml"


def test_a_given_file_that_is_not_there_is_not_replaced_by_another(folder, monkeypatch):
    write(folder, config="")
    with pytest.raises(ConfigInvalid, match=r"given\.toml: there is no such file$"):
        find(folder / "given.toml")
    monkeypatch.setenv("SYNCD_CONFIG", "named.toml")
    with pytest.raises(ConfigInvalid, match=r"named\.toml: .*\$SYNCD_CONFIG names it"):
        find(None)


def test_no_file_at_all_names_every_place(folder):
    with pytest.raises(ConfigInvalid) as caught:
        find(None)
    for place in ("$SYNCD_CONFIG", str(folder / "etc/config.toml"), "./config.toml"):
        assert place in caught.value.message
    assert "--config" in caught.value.hint


def test_a_folder_is_no_file(folder):
    (folder / "config.toml").mkdir()
    with pytest.raises(ConfigInvalid, match="no configuration found"):
        find(None)
    assert "can't be read" in refusal(folder / "config.toml")[0].message


def test_a_file_that_may_not_be_read_says_whom_to_be(folder):
    path = write(folder, etc__config="")
    closed = folder / "etc"
    (folder / "etc/config.toml").chmod(0o000)
    closed.chmod(0o000)
    before = os.geteuid()
    try:
        if before == 0:
            os.seteuid(65534)
        for look in (lambda: find(closed / "config.toml"), lambda: load(closed / "config.toml")):
            with pytest.raises(NotPermitted) as caught:
                look()
            assert "runuser -u syncd" in caught.value.hint
    finally:
        os.seteuid(before)
        closed.chmod(0o700)
    assert not path.exists()


# What is no configuration --------------------------------------------------------------------------------------------


def test_broken_toml_names_line_and_column(folder):
    (problem,) = refusal(write(folder, config='timezone = "UTC"\n[sync\n'))
    assert (problem.file, problem.key) == (str(folder / "config.toml"), "")
    assert "line 2" in problem.message


def test_a_file_that_is_no_text(folder):
    (folder / "config.toml").write_bytes(b"a = '\xff'")
    assert "not UTF-8" in refusal(folder / "config.toml")[0].message


def test_a_byte_order_mark_is_no_harm(folder):
    (folder / "config.toml").write_bytes(b"\xef\xbb\xbftimezone = 'UTC'")
    assert load(folder / "config.toml").timezone == "UTC"


def test_a_missing_file(folder):
    assert "No such file" in refusal(folder / "config.toml")[0].message


def test_an_empty_file_is_all_defaults(folder):
    config = load(write(folder, config=""))
    assert config.path == folder / "config.toml"
    assert (config.agents, config.blocks, config.mail) == ((), (), None)


# Includes ------------------------------------------------------------------------------------------------------------


def test_lists_are_appended_in_the_order_of_patterns_and_names(folder):
    path = write(folder, config=f'include = ["b.d/*.toml", "a.d/*.toml"]\n{ANNA}', **{"b.d__2": BEN.replace("ben", "b2")}, **{"b.d__1": BEN.replace("ben", "b1")}, **{"a.d__1": BEN})  # fmt: skip
    assert [agent.id for agent in load(path).agents] == ["anna", "b1", "b2", "ben"]


def test_tables_are_merged_key_by_key(folder):
    path = write(folder, config='include = ["more.toml"]\n[sync]\ninterval = "30s"\n[groups.a]\n', more='[sync]\nwindow_ahead = "90d"\n[groups.b]\n[groups.a]\nname = "All"\n')  # fmt: skip
    config = load(path)
    assert (config.sync.interval.seconds, config.sync.window_ahead.days) == (30, 90)
    assert {key: group.name for key, group in config.groups.items()} == {"a": "All", "b": "b"}


def test_a_key_in_two_files_is_refused_naming_both(folder):
    path = write(folder, config='include = ["more.toml"]\ntimezone = "UTC"\n[sync]\ninterval = "30s"\n', more='timezone = "UTC"\n[sync]\ninterval = "30s"\n')  # fmt: skip
    more, message = str(folder / "more.toml"), f"is already set in {path}; set it in one file only"
    assert refusal(path) == (
        ConfigProblem(more, "timezone", message),
        ConfigProblem(more, "sync.interval", message),
    )


def test_a_key_in_two_included_files_names_those_two(folder):
    path = write(folder, config='include = ["a.toml", "b.toml"]', a='[groups.x]\nname = "A"', b='[groups.x]\nname = "B"')  # fmt: skip
    (problem,) = refusal(path)
    assert (problem.file, problem.key) == (str(folder / "b.toml"), "groups.x.name")
    assert str(folder / "a.toml") in problem.message


@pytest.mark.parametrize(
    ("one", "other"), [("sync = 1", "[sync]"), ("[[agents]]", "[agents]"), ("[sync]", "[[sync]]")]
)
def test_a_table_and_something_else_do_not_become_one(folder, one, other):
    path = write(folder, config=f'include = ["more.toml"]\n{one}', more=other)
    assert "is already set in" in refusal(path)[0].message


def test_problems_name_the_file_and_the_place_within_it(folder):
    path = write(folder, config=f'include = ["agents.d/*.toml"]\n{ANNA}', **{"agents.d__ben": f'{ANNA.replace("anna", "eve")}\n{BEN}groups = ["nobody"]\nnam = 1\n'})  # fmt: skip
    ben = str(folder / "agents.d/ben.toml")
    assert [(problem.file, problem.key) for problem in refusal(path)] == [
        (ben, "agents[1].nam"),
        (ben, "agents[1].groups[0]"),
    ]


def test_two_agents_of_one_id_in_two_files_name_both(folder):
    path = write(folder, config=f'include = ["more.toml"]\n{ANNA}', more=ANNA)
    (problem,) = refusal(path)
    assert (problem.file, problem.key) == (str(folder / "more.toml"), "agents[0].id")
    assert f"agents[0].id in {path}" in problem.message


def test_a_table_set_in_two_files_blames_the_file_of_the_key(folder):
    path = write(
        folder,
        config='include = ["more.toml"]\n[sync]\ninterval = "30s"\n',
        more='[sync]\nwindow_ahead = "x"\n',
    )
    (problem,) = refusal(path)
    assert (problem.file, problem.key) == (str(folder / "more.toml"), "sync.window_ahead")


def test_references_hold_across_files(folder):
    path = write(folder, config='include = ["*.toml"]\n[accounts.cloud]\nkind = "caldav"\nurl = "https://dav.example.com/"', people=f'{ANNA}groups = ["g"]\n[[agents.calendars]]\naccount = "cloud"\nlogin = "anna"\n', groups="[groups.g]\n")  # fmt: skip
    assert load(path).agents[0].calendars[0].account == "cloud"


def test_the_main_file_never_includes_itself_and_no_file_counts_twice(folder):
    path = write(folder, config='include = ["*.toml", "./more.toml", "more.*"]', more=ANNA)
    (folder / "link.toml").symlink_to(folder / "more.toml")
    assert len(load(path).agents) == 1


def test_an_absolute_pattern(folder):
    path = (
        write(folder, etc__config=f'include = ["{folder}/other/*.toml"]', other__anna=ANNA).parent
        / "etc/config.toml"
    )
    assert len(load(path).agents) == 1


def test_patterns_start_at_the_main_file_not_at_the_working_folder(folder, monkeypatch):
    write(folder, etc__config='include = ["agents.d/*.toml"]', **{"etc__agents.d__anna": ANNA})
    monkeypatch.chdir("/")
    assert len(load(folder / "etc/config.toml").agents) == 1


def test_a_pattern_without_a_match_is_fine_but_a_name_is_not(folder):
    assert load(write(folder, config='include = ["agents.d/*.toml"]')).agents == ()
    (problem,) = refusal(write(folder, config='include = ["agents.d/*.toml", "anna.toml"]'))
    assert (problem.key, "'anna.toml'" in problem.message) == ("include[1]", True)


def test_an_included_file_includes_nothing(folder):
    path = write(folder, config='include = ["more.toml"]', more='include = ["x.toml"]')
    assert refusal(path) == (
        ConfigProblem(str(folder / "more.toml"), "include", "stands in the main file only"),
    )


def test_all_broken_files_are_told_and_nothing_is_guessed_from_the_rest(folder):
    path = write(
        folder, config='include = ["*.toml"]\n[[blocks]]\nscope = "agent:anna"\n', a="x", b="y", c=ANNA
    )
    assert [problem.file for problem in refusal(path)] == [str(folder / "a.toml"), str(folder / "b.toml")]


@pytest.mark.parametrize("value", ["5", '"agents.toml"', "[1]", "{ a = 1 }"])
def test_an_include_that_is_no_list_of_texts(folder, value):
    (problem,) = refusal(write(folder, config=f"include = {value}"))
    assert problem.key.startswith("include")


# Relative paths ------------------------------------------------------------------------------------------------------


def test_relative_paths_start_at_the_folder_of_the_file(folder, monkeypatch):
    text = """
[store]
url = "sqlite:///data/syncd.db?timeout=5"
[mail]
server = "localhost:25"
from = "a@b"
templates = "templates"
[accounts.c]
kind = "caldav"
url = "https://dav.example.com/"
ca_file = "ca.pem"
[[agents]]
id = "anna"
name = "Anna"
email = "anna@example.com"
[[agents.calendars]]
account = "c"
login = "anna"
password = { file = "secrets/anna" }
"""
    write(folder, etc__config=text)
    for start in ("/", str(folder)):
        monkeypatch.chdir(start)
        config = load((folder / "etc/config.toml") if start == "/" else files.Path("etc/config.toml"))
        assert config.store.url == f"sqlite:///{folder}/etc/data/syncd.db?timeout=5"
        assert config.mail.templates == f"{folder}/etc/templates"
        assert config.accounts["c"].ca_file == f"{folder}/etc/ca.pem"
        assert config.agents[0].calendars[0].password.file == f"{folder}/etc/secrets/anna"
