"""Text that no database, path or calendar has room for: it is cleaned, refused or unknown, on both stores, and never a 500."""

from urllib.parse import quote

from apis import PLAN, Api

STRANGE = ("a\x00b", "\u202e", "\U0001d4b3", "'; DROP TABLE meetings; --", "a/b?x=1#y", "..", "x" * 5000)
CHANGES = {
    "guests": {"email": "a@example.org"}, "cancel": {"reason": "x"}, "assign": {"to": "ben"}, "status": {"status": "live"},
    "reschedule": {"start": PLAN["start"], "reason": "x"},
}  # fmt: skip
NOT_THERE, REFUSED = (404, 422), (409, 422)


def test_strange_names_are_of_nothing(api: Api) -> None:
    for text in STRANGE:
        name = quote(text, safe="")
        for path in (
            f"agents/{name}",
            f"meetings/{name}",
            f"meetings/{name}/candidates",
            f"meetings/{name}/changes",
        ):
            assert api.ask("GET", f"/v1/{path}").status in NOT_THERE, (text, path)
        for path, body in CHANGES.items():
            assert api.ask("POST", f"/v1/meetings/{name}/{path}", body).status in NOT_THERE, (text, path)
        assert api.ask("DELETE", f"/v1/blocks/{name}").status in NOT_THERE, text
        for path in ("agents", "meetings", "blocks", "drift", "deliveries"):
            assert api.ask("GET", f"/v1/{path}", after=text).status == 422, (text, path)
        assert api.ok("GET", "/v1/meetings", agent=text)["items"] == []
        for more in ({"agent": text}, {"group": text}):
            assert api.ask("PUT", "/v1/meetings/m1", {**PLAN, **more}).status in NOT_THERE, text


def test_strange_words_are_kept_clean_or_refused(api: Api) -> None:
    api.plan()
    for number, text in enumerate(STRANGE):
        path = "/v1/meetings/m1"
        guest = {
            "email": f"g{number}@example.org",
            "name": text,
            "language": text[:60],
            "timezone": text[:60],
        }
        assert api.ask("POST", f"{path}/guests", guest).status in (200, 422), text
        assert api.ask("POST", f"{path}/guests", {"email": text, "replace": text}).status in REFUSED, text
        assert api.ask("POST", f"{path}/assign", {"to": text}).status in NOT_THERE, text
        moved = {"start": f"2026-03-02T{11 + number}:00:00Z", "reason": f"x{text}"}
        assert api.ask("POST", f"{path}/reschedule", moved).status in (200, 422), text
        block = {"scope": "company", "start": PLAN["start"], "end": PLAN["end"], "title": f"x{text}"}
        for more in ({"repeat": text}, {"timezone": text}):
            assert api.ask("POST", "/v1/blocks", {**block, **more}).status == 422, text
        assert api.ask("POST", "/v1/blocks", block).status in (201, 422), text
    story = api.ok("GET", "/v1/meetings/m1")
    assert len(story["guests"]) == len(STRANGE), "all but the one whose name is too long, and the first guest"
    for unwanted in ("\x00", "\u202e"):
        assert unwanted not in str(story)
        assert unwanted not in str(api.ok("GET", "/v1/blocks"))
    assert len(api.ok("GET", "/v1/meetings/m1/changes")["items"]) == story["version"]
    api.world.deliver()
    assert api.world.owed() == []
