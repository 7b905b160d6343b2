"""Each error has one exit code, and no class of the three trees is forgotten."""

import pytest

from connectors import interface
from store import errors as store_errors
from syncd import errors
from syncd.errors import ConfigInvalid, ConfigProblem, exit_code

CODES = {
    errors.SyncdError: 1,
    errors.Refused: 1,
    errors.Unknown: 1,
    errors.OtherVersion: 1,
    errors.KeyUsed: 1,
    errors.Invalid: 1,
    errors.WrongUse: 64,
    errors.NotYet: 75,
    errors.TooOften: 75,
    errors.NotPermitted: 77,
    errors.TokenRefused: 77,
    errors.SecretUnavailable: 77,
    interface.ConnectorError: 1,
    interface.Unreachable: 69,
    interface.Throttled: 69,
    interface.OutcomeUnknown: 69,
    interface.Garbled: 1,
    interface.SignInRefused: 77,
    interface.NoAccess: 77,
    interface.CalendarGone: 1,
    interface.Conflict: 1,
    interface.Taken: 1,
    interface.Unsupported: 1,
    store_errors.StoreError: 1,
    store_errors.StoreUnavailable: 75,
    store_errors.StoreNotPermitted: 77,
    store_errors.NotMigrated: 78,
    store_errors.NewerSchema: 78,
    store_errors.Fenced: 75,
}


@pytest.mark.parametrize(
    ("kind", "code"), CODES.items(), ids=lambda value: getattr(value, "__name__", str(value))
)
def test_each_error_has_its_exit_code(kind, code):
    error = kind("what is wrong", "what to do")
    assert exit_code(error) == code
    assert (error.message, error.hint, str(error)) == ("what is wrong", "what to do", "what is wrong")


def test_no_error_of_the_three_trees_is_missing_in_the_table():
    def tree(kind):
        return {kind}.union(*(tree(below) for below in kind.__subclasses__()))

    ours = {
        kind
        for root in (errors.SyncdError, interface.ConnectorError, store_errors.StoreError)
        for kind in tree(root)
        if kind.__module__ in (errors.__name__, interface.__name__, store_errors.__name__)
    }
    assert ours == {*CODES, ConfigInvalid}


def test_a_hint_is_not_required():
    assert errors.Refused("no").hint == ""


@pytest.mark.parametrize("error", [ValueError("x"), KeyboardInterrupt(), RuntimeError()])
def test_whatever_else_happens_is_a_failure(error):
    assert exit_code(error) == 1


def test_a_subclass_counts_as_what_it_is():
    class Later(errors.NotYet):
        pass

    assert exit_code(Later("x")) == 75


def test_config_invalid_tells_each_problem_on_a_line():
    problems = [ConfigProblem("a.toml", "sync.interval", "wrong"), ConfigProblem("b.toml", "", "not TOML")]
    error = ConfigInvalid(iter(problems), "look again")
    assert error.problems == tuple(problems)
    assert str(error) == error.message == "a.toml: sync.interval: wrong\nb.toml: not TOML"
    assert (exit_code(error), error.hint) == (78, "look again")


@pytest.mark.parametrize(
    ("codes", "worst"), [((), 0), ((0,), 0), ((0, 1), 1), ((1, 69), 69), ((69, 77, 1), 77), ((0, 75), 75)]
)
def test_of_several_codes_what_a_person_must_put_right_goes_first(codes, worst):
    assert errors.worst_code(codes) == worst
