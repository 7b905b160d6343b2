"""Secrets come from where the configuration says, or the error says why not and what to do, without the secret."""

import os
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from syncd.config import SecretRef
from syncd.config.people import LoginSecretRef
from syncd.errors import NotPermitted, SecretUnavailable
from syncd.secrets import LARGEST, resolve

CANARY = "canary-4f1d"


@pytest.fixture
def secret_file(tmp_path):
    file = tmp_path / "anna"
    file.touch(0o600)
    return file


def test_a_file(secret_file):
    secret_file.write_text(f"{CANARY}\n")
    assert resolve(SecretRef(file=str(secret_file))) == CANARY


@pytest.mark.parametrize(
    ("stored", "meant"),
    [
        ("a", "a"),
        ("a\n", "a"),
        ("a\r\n", "a"),
        ("a\n\n", "a\n"),
        (" a \n", " a "),
        ("a\nb\n", "a\nb"),
        ("p\u00e4ss\n", "p\u00e4ss"),
    ],
)
def test_one_newline_at_the_end_goes_and_nothing_else(secret_file, monkeypatch, stored, meant):
    secret_file.write_bytes(stored.encode())
    assert resolve(SecretRef(file=str(secret_file))) == meant
    monkeypatch.setenv("SYNCD_TEST_SECRET", stored)
    assert resolve(SecretRef(env="SYNCD_TEST_SECRET")) == meant


OPEN_MODES = [mode for mode in range(0o1000) if mode & 0o077 and mode & 0o700 == 0o600]


@pytest.mark.parametrize("mode", OPEN_MODES, ids=oct)
def test_a_file_open_to_others_is_refused_with_the_line_that_closes_it(secret_file, mode):
    secret_file.write_text(CANARY)
    secret_file.chmod(mode)
    with pytest.raises(NotPermitted) as refusal:
        resolve(SecretRef(file=str(secret_file)))
    assert refusal.value.hint == f"chmod 600 {secret_file}"
    assert f"{mode:04o}" in refusal.value.message
    assert CANARY not in refusal.value.message
    secret_file.chmod(0o600)
    assert resolve(SecretRef(file=str(secret_file))) == CANARY


@pytest.mark.parametrize("mode", [0o400, 0o600, 0o700])
def test_a_file_for_its_owner_alone_is_read(secret_file, mode):
    secret_file.write_text(CANARY)
    secret_file.chmod(mode)
    assert resolve(SecretRef(file=str(secret_file))) == CANARY


def test_a_link_is_judged_by_the_file_it_leads_to(secret_file, tmp_path):
    secret_file.write_text(CANARY)
    link = tmp_path / "link"
    link.symlink_to(secret_file)
    assert resolve(SecretRef(file=str(link))) == CANARY
    secret_file.chmod(0o644)
    with pytest.raises(NotPermitted):
        resolve(SecretRef(file=str(link)))


def test_a_missing_file(tmp_path):
    with pytest.raises(SecretUnavailable, match=r"nobody.*No such file") as refusal:
        resolve(SecretRef(file=str(tmp_path / "nobody")))
    assert "600" in refusal.value.hint


def test_a_folder_is_no_secret(tmp_path):
    with pytest.raises(SecretUnavailable, match="not a regular file"):
        resolve(SecretRef(file=str(tmp_path)))


def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe, 0o600)
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    with pytest.raises(SecretUnavailable, match="not a regular file"):
        resolve(SecretRef(file=str(pipe)))


def test_a_file_of_another_user_says_whom_to_be(secret_file):
    """As root the test becomes somebody else for a moment; as anybody else it closes the file to itself."""
    secret_file.write_text(CANARY)
    secret_file.chmod(0o000)
    before = os.geteuid()
    try:
        if before == 0:
            os.seteuid(65534)
        with pytest.raises(NotPermitted, match="not readable for this user") as refusal:
            resolve(SecretRef(file=str(secret_file)))
    finally:
        os.seteuid(before)
    assert "runuser -u syncd" in refusal.value.hint


@pytest.mark.parametrize("stored", [b"", b"\n", b"\r\n"])
def test_an_empty_file(secret_file, stored):
    secret_file.write_bytes(stored)
    with pytest.raises(SecretUnavailable, match="is empty"):
        resolve(SecretRef(file=str(secret_file)))


def test_a_file_that_is_no_text_and_the_error_does_not_carry_it(secret_file):
    secret_file.write_bytes(CANARY.encode() + b"\xff")
    with pytest.raises(SecretUnavailable, match="not UTF-8") as refusal:
        resolve(SecretRef(file=str(secret_file)))
    error = refusal.value
    assert CANARY not in repr((error.args, error.hint))
    assert error.__context__ is None
    assert error.__cause__ is None


def test_a_file_that_is_too_large(secret_file):
    secret_file.write_bytes(b"x" * LARGEST)
    assert len(resolve(SecretRef(file=str(secret_file)))) == LARGEST
    secret_file.write_bytes(b"x" * (LARGEST + 1))
    with pytest.raises(SecretUnavailable, match="larger than 64 KiB"):
        resolve(SecretRef(file=str(secret_file)))


def test_a_credential_as_systemd_hands_it_over(tmp_path, monkeypatch):
    (tmp_path / "graph").write_text(f"{CANARY}\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert resolve(SecretRef(credential="graph")) == CANARY


@pytest.mark.parametrize("folder", [None, ""])
def test_a_credential_outside_the_service_is_said_to_be_the_services(monkeypatch, folder):
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    if folder is not None:
        monkeypatch.setenv("CREDENTIALS_DIRECTORY", folder)
    with pytest.raises(SecretUnavailable, match="'graph' is handed to the service only"):
        resolve(SecretRef(credential="graph"))


def test_a_credential_the_unit_does_not_name(tmp_path, monkeypatch):
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    with pytest.raises(SecretUnavailable, match="'graph'") as refusal:
        resolve(SecretRef(credential="graph"))
    assert "LoadCredential=graph:" in refusal.value.hint


@pytest.mark.parametrize("name", ["../etc/passwd", "a/b", "", "a b"])
def test_a_credential_name_leads_nowhere_else(name):
    with pytest.raises(ValidationError):
        SecretRef(credential=name)


@pytest.mark.parametrize("value", [None, ""])
def test_a_variable_that_is_not_set(monkeypatch, value):
    monkeypatch.delenv("SYNCD_TEST_SECRET", raising=False)
    if value is not None:
        monkeypatch.setenv("SYNCD_TEST_SECRET", value)
    with pytest.raises(SecretUnavailable, match="SYNCD_TEST_SECRET"):
        resolve(SecretRef(env="SYNCD_TEST_SECRET"))


@given(
    st.text(
        st.characters(exclude_categories=("Cs",), exclude_characters="\x00\r\n"), min_size=1, max_size=200
    )
)
def test_any_text_survives_a_file(tmp_path_factory, secret):
    file = tmp_path_factory.getbasetemp() / "any-secret"
    file.touch(0o600)
    file.write_bytes(secret.encode() + b"\n")
    assert resolve(SecretRef(file=str(file))) == secret


def test_nothing_is_logged(secret_file, caplog):
    caplog.set_level(0)
    secret_file.write_text(CANARY)
    resolve(SecretRef(file=str(secret_file)))
    assert caplog.records == []


def test_an_account_can_say_where_the_passwords_of_its_logins_are():
    each = LoginSecretRef(file="/secrets/{login}")
    assert each.of("d.dijk@example.com") == SecretRef(file="/secrets/d.dijk@example.com")
    assert LoginSecretRef(credential="cloud_{login}").of("dora") == SecretRef(credential="cloud_dora")
    assert LoginSecretRef(env="SHARED").of("any / name") == SecretRef(env="SHARED")


@pytest.mark.parametrize("login", ["../anna", "a/b", ".ssh", "", "..", "a\0b", "x" * 65, "\u0430nna", "a b"])
def test_a_name_that_could_lead_elsewhere_is_no_part_of_a_path(login):
    for where in (LoginSecretRef(file="/secrets/{login}"), LoginSecretRef(credential="{login}")):
        assert not where.fits(login)
        with pytest.raises(SecretUnavailable) as refused:
            where.of(login)
        assert "a `password` of its own" in refused.value.hint


def test_a_credential_takes_fewer_letters_than_a_file():
    assert LoginSecretRef(file="{login}").fits("dora@example.com")
    assert not LoginSecretRef(credential="{login}").fits("dora@example.com")
