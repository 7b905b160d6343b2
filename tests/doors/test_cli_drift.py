"""`syncd drift` as a person uses it, on a real server: what an agent did to our event is told, accepted or put back."""

from desks import Office

LINES = ("DTSTART;", "DTEND;", "SUMMARY:")


def moved(office: Office) -> None:
    """Anna moves the event by two hours in her calendar, with another client."""
    (href,) = office.server.hrefs(office.logins["anna"], office.calendars["anna"])
    text = office.server.get(office.logins["anna"], href) or ""
    later = text.replace("T110000", "T130000").replace("T100000", "T120000")
    office.server.put(
        office.logins["anna"], office.calendars["anna"], href.rpartition("/")[2].removesuffix(".ics"), later
    )
    office.ok("sync")


def lines(office: Office) -> list[str]:
    (text,) = office.events("anna")
    return sorted(line for line in text.splitlines() if line.startswith(LINES))


def test_a_moved_event_is_listed_and_can_be_accepted_or_put_back(office: Office):
    office.ok("sync")
    office.plan("m1", "--wait", "30s")
    before = lines(office)
    assert "every event stands as it was written" in office.ok("drift").out
    moved(office)
    (drift,) = office.json("drift", "list")["items"]
    assert (drift["meeting"], drift["agent"], drift["calendar"], drift["what"]) == (
        "m1",
        "anna",
        "Work",
        "moved",
    )
    assert drift["ours"] != drift["theirs"]
    assert (drift["policy"], drift["state"], drift["changed"]) == ("flag", "open", ["start", "end"])
    listed = office.ok("drift").out
    assert "10:00-11:00" in listed
    assert "moved: start, end" in listed
    assert "12:00-13:00" in listed
    status = office.run("status")
    assert (status.code, "drift: 1 event is not what syncd wrote" in status.out) == (1, True)

    assert office.json("drift", "restore", str(drift["id"]))["state"] == "restored"
    office.ok("sync")
    assert lines(office) == before
    assert office.json("drift")["items"] == []

    moved(office)
    (drift,) = office.json("drift")["items"]
    tried = office.json("drift", "accept", str(drift["id"]), "--dry-run")
    assert (tried["meeting"]["start"], [one["do"] for one in tried["writes"]]) == (
        drift["theirs"]["start"],
        ["put"],
    )
    assert (
        "put 'Talk' into anna's calendar" in office.ok("drift", "accept", str(drift["id"]), "--dry-run").out
    )
    assert office.json("drift")["items"] == [drift]
    assert office.json("drift", "accept", str(drift["id"]))["state"] == "accepted"
    office.ok("sync")
    meeting = office.json("meeting", "show", "m1")
    assert (meeting["start"], meeting["version"]) == (drift["theirs"]["start"], 2)
    assert meeting["changes"][-1]["kind"] == "reschedule"
    assert "reason: changed in the agent's calendar" in office.ok("meeting", "show", "m1").out
    assert office.ok("status").code == 0


def test_a_number_nobody_knows_is_refused(office: Office):
    office.ok("sync")
    outcome = office.run("drift", "accept", "77")
    assert (outcome.code, "there is no drift 77" in outcome.err) == (1, True)
