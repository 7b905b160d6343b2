"""Pages of lists that are short enough to be made whole: blocks, drift."""

from collections.abc import Sequence

from syncd.errors import Invalid
from syncd.shapes import Json, items
from syncd.web.api.asking import Page


def page_of(found: Sequence[Json], page: Page) -> Json:
    """The part that is asked for. Its cursor is the id of the last one; where that is gone meanwhile it must be asked anew."""
    begin = 0
    if page.after is not None:
        places = {str(one["id"]): place for place, one in enumerate(found)}
        if page.after not in places:
            raise Invalid("nothing goes on after this cursor", "begin again without one", field="query.after")
        begin = places[page.after] + 1
    shown = found[begin : begin + page.limit]
    return items(shown, str(shown[-1]["id"]) if begin + page.limit < len(found) else None)
