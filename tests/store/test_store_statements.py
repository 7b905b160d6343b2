"""Statements that are made for many rows."""

from store_things import HOUR, NOW, add_calendar, settle, thing
from stores import counted

from store import calendars, slots
from store.database import Store


def test_objects_are_saved_many_a_statement_each_with_its_own_slots(store: Store) -> None:
    (login,) = settle(store, "anna")
    work = add_calendar(store, login)
    spans = {f"/{at}.ics": (NOW + at * HOUR, NOW + (at + 1) * HOUR, "busy", False) for at in range(7)}
    for again in range(2):
        things = [thing(href, span, etag=str(again)) for href, span in spans.items()]
        with counted(store) as made, store.writing() as tx:
            slots.save_objects(tx, work.id, "anna", things, ())
        assert sum('INTO "objects"' in one for one in made) == 3, "four, two and one"
        with store.reading() as tx:
            found = slots.overlapping(tx, NOW, NOW + 9 * HOUR)
            assert {one.href: (one.start, one.end) for one in found} == {
                href: span[:2] for href, span in spans.items()
            }
            assert set(calendars.known(tx, work.id).values()) == {str(again)}
