"""`syncd token` as a person uses it: made, shown once, listed without its secret, revoked."""

from desks import Desk


def test_a_token_is_shown_once_listed_and_revoked(desk: Desk):
    desk.ok("migrate")
    made = desk.json(
        "token", "create", "--scope", "write", "--agent", "anna", "--name", "page", "--expires", "90d"
    )
    secret = made.pop("token")
    assert (made["scope"], made["agent"], made["name"], made["revoked_at"]) == ("write", "anna", "page", None)
    assert made["by"]
    assert made["expires_at"] > made["created_at"]
    assert desk.json("token", "list") == {"items": [made], "next": None}
    assert secret not in desk.ok("token", "list").out
    assert "page" in desk.ok("token", "list").out
    over = desk.json("token", "revoke", str(made["id"]))
    assert over["revoked_at"]
    assert "revoked" in desk.ok("token", "revoke", str(made["id"])).out


def test_without_json_stdout_is_the_secret_alone(desk: Desk):
    desk.ok("migrate")
    said = desk.ok("token", "create", "--scope", "read")
    assert said.out.startswith("syncd_1_")
    assert len(said.out.split()) == 1
    assert "token 1" in said.err
    assert said.out.strip() not in said.err


def test_what_can_not_be_made_is_refused(desk: Desk):
    desk.ok("migrate")
    assert desk.run("token", "create", "--scope", "all").code == 64
    assert "there is no agent" in desk.run("token", "create", "--scope", "read", "--agent", "dora").err
    assert "bound to an agent" in desk.run("token", "create", "--scope", "admin", "--agent", "anna").err
    assert desk.run("token", "create", "--scope", "read", "--expires", "soon").code == 64
    assert "there is no token" in desk.run("token", "revoke", "7").err
    assert desk.json("token", "list")["items"] == []
