"""One day of every year, as zones and holidays have it: by arithmetic as by period."""

import os
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.ical.limits import Steps, StepsSpent
from connectors.ical.rules import Rule
from connectors.ical.walk import Walk, by_period, seconds_of, walk_days, walk_seconds

FIRST = st.integers(0, 84_000 * 86_400).map(
    lambda seconds: datetime.fromisoformat("1890-01-01") + timedelta(seconds=seconds)
)


@settings(max_examples=int(os.environ.get("SYNCD_FUZZ", "300")))
@given(
    FIRST,
    st.none() | st.tuples(st.integers(1, 12), st.integers(-5, 5), st.integers(0, 6)),
    st.integers(1, 5),
    st.integers(-900, 9000),
    st.integers(0, 80_000),
)
def test_one_day_of_every_year_is_named_as_by_period(first, named, interval, after, length):
    months, weekdays = ((named[0],), (named[1:],)) if named else ((), ())
    rule = Rule("YEARLY", interval=interval, months=months, weekdays=weekdays)
    low = first + timedelta(days=after)
    paths = [
        Walk(rule, first, low, low + timedelta(days=length), Steps(steps))
        for steps in (10**5, 10**5, 10**5, 2)
    ]
    thorough = list(by_period(paths[0]))
    assert list(walk_days(paths[1])) == [at.toordinal() for at in thorough]
    assert list(walk_seconds(paths[2])) == list(map(seconds_of, thorough))
    if len({at.year for at in thorough}) > 3:
        with pytest.raises(StepsSpent):
            list(walk_seconds(paths[3]))
