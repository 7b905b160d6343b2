"""What happens in the rows of the fault matrices, whatever the server: at calendars, and to meetings."""

from ordeals import Ordeal, at

from syncd.actions import changes


def one_changes(ordeal: Ordeal) -> None:
    ordeal.strike("anna", at(8))
    ordeal.enter("anna", at(11), at(12))


def several_change(ordeal: Ordeal) -> None:
    one_changes(ordeal)
    ordeal.enter("anna", at(12), at(13))
    ordeal.enter("anna", at(16), at(17))


def one_joins(ordeal: Ordeal) -> None:
    ordeal.join("cleo")
    ordeal.enter("cleo", at(11), at(12))
    ordeal.enter("cleo", at(12), at(13))


def one_is_planned(ordeal: Ordeal) -> None:
    ordeal.plan("another", "anna", at(17))


def one_is_moved(ordeal: Ordeal) -> None:
    ordeal.accept(changes.reschedule("talk", at(18), None, "ill", by="test"))


def one_is_cancelled(ordeal: Ordeal) -> None:
    ordeal.accept(changes.cancel("talk", "ill", "guest", by="test"))


def one_is_handed_over(ordeal: Ordeal) -> None:
    ordeal.accept(changes.assign("talk", "ben", by="test"))
