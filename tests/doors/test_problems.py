"""What errors are as problems: each class of the three trees has a name and a status, and the narrower one counts."""

from http import HTTPStatus

import pytest

from connectors import interface
from store import errors as store_errors
from syncd import errors
from syncd.errors import ConfigInvalid, ConfigProblem, Invalid
from syncd.problems import FAILED, KINDS, kind_of, places_of


@pytest.mark.parametrize(
    ("kind", "name", "status"),
    [
        (errors.Unknown, "unknown", 404),
        (errors.OtherVersion, "version", 412),
        (errors.KeyUsed, "key-used", 409),
        (errors.Invalid, "invalid", 422),
        (errors.Refused, "refused", 409),
        (errors.WrongUse, "invalid", 422),
        (errors.TokenRefused, "token", 401),
        (errors.NotPermitted, "not-permitted", 403),
        (store_errors.StoreUnavailable, "store", 503),
        (store_errors.NotMigrated, "store", 503),
        (store_errors.NewerSchema, "store", 503),
        (store_errors.Fenced, "store", 503),
        (interface.Throttled, "unreachable", 502),
        (interface.NoAccess, "sign-in", 403),
        (interface.Garbled, "calendar-server", 502),
        (errors.SyncdError, "failed", 500),
    ],
)
def test_an_error_is_the_problem_it_is_called(kind, name, status):
    found = kind_of(kind("what is wrong"))
    assert (found.type, found.status) == (f"urn:syncd:problem:{name}", status)


def test_whatever_else_happens_is_our_failure():
    assert kind_of(ZeroDivisionError()) is FAILED


def test_a_wider_error_never_hides_a_narrower_one():
    seen: list[type[Exception]] = []
    for one, _ in KINDS:
        assert not [wider for wider in seen if issubclass(one, wider)], one
        seen.append(one)


def test_a_name_has_one_status():
    status: dict[str, HTTPStatus] = {}
    for _, kind in KINDS:
        assert status.setdefault(kind.name, kind.status) is kind.status


def test_where_it_is_wrong_is_told_where_the_error_knows():
    assert places_of(Invalid("too long", field="guests[0].name")) == (("guests[0].name", "too long"),)
    assert places_of(Invalid("nonsense")) == places_of(ValueError("x")) == ()
    problems = [ConfigProblem("a.toml", "sync", "wrong"), ConfigProblem("b.toml", "", "not TOML")]
    assert places_of(ConfigInvalid(problems)) == (("a.toml: sync", "wrong"), ("b.toml", "not TOML"))
