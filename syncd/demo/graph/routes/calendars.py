"""Calendars: list, read, rename, make, remove (Graph: user: List calendars, calendar: Get, Update, Delete)."""

from syncd.demo.graph import forms
from syncd.demo.graph.asking import Answer, Call
from syncd.demo.graph.instances import itself, whole
from syncd.demo.graph.query import Row, context, listed
from syncd.demo.graph.refusal import Json, Refused, not_valid
from syncd.demo.graph.routes.table import USER, route
from syncd.demo.graph.things import Folder
from syncd.demo.graph.writing import remove

ONE = (f"{USER}/calendar", f"{USER}/calendars/{{calendar}}")


@route("GET", f"{USER}/calendars")
def list_calendars(call: Call) -> Answer:
    """All calendars of the mailbox."""
    rows = [Row(None, forms.calendar(call.mailbox, folder)) for folder in call.mailbox.folders.values()]
    return Answer(200, listed(call, rows, default=call.state.knobs.page_size))


@route("POST", f"{USER}/calendars")
def create_calendar(call: Call) -> Answer:
    """Another calendar; its name must be free."""
    name = call.fields().get("name")
    if not isinstance(name, str) or not name:
        raise not_valid("a calendar has a name")
    if any(folder.name.casefold() == name.casefold() for folder in call.mailbox.folders.values()):
        raise Refused(409, "ErrorFolderExists", "A folder with the specified name already exists.")
    folder = call.state.folder_added(call.mailbox, name)
    return Answer(201, _entity(call, folder))


@route("GET", *ONE)
def get_calendar(call: Call) -> Answer:
    return Answer(200, _entity(call, call.folder))


@route("PATCH", *ONE)
def update_calendar(call: Call) -> Answer:
    """A new name; other properties are taken and forgotten."""
    name = call.fields().get("name")
    if isinstance(name, str) and name:
        call.folder.name = name
    return Answer(200, _entity(call, call.folder))


@route("DELETE", f"{USER}/calendars/{{calendar}}")
def delete_calendar(call: Call) -> Answer:
    """With everything in it."""
    if call.folder.default:
        raise Refused(400, "ErrorDeleteDistinguishedFolder", "Distinguished folders cannot be deleted.")
    for entry in list(whole(call.folder, call.mailbox)):
        remove(call.state, call.mailbox, itself(entry))
    del call.mailbox.folders[call.folder.number]
    return Answer(204)


def _entity(call: Call, folder: Folder) -> Json:
    return {"@odata.context": f"{context(call)}/$entity", **forms.calendar(call.mailbox, folder)}
