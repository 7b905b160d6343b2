"""Finding a login's calendars, from whatever address an operator gives, without being led anywhere else."""

import pytest
from scripted import Asked, Said, ScriptedServer, Serve, multistatus, reply
from servers import SECRET, CalDavServer

from connectors import Account, Connections, open_connector
from connectors.interface import (
    CalendarInfo,
    ConnectorError,
    Garbled,
    NoAccess,
    SignInRefused,
    Unsupported,
)

PLACES = ["", "{user}/", "{home}", "{calendar}", ".well-known/caldav", "not/there/"]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", ["radicale", "xandikos"])
class TestRealServers:
    def test_any_sensible_address_leads_to_the_calendars(
        self, request: pytest.FixtureRequest, connections: Connections, kind: str, place: str
    ) -> None:
        server: CalDavServer = request.getfixturevalue(kind)
        user = server.add_user()
        calendar = server.add_calendar(user, "Work")
        url = server.url + place.format(user=user, home=server.home(user)[1:], calendar=calendar[1:])
        connector = open_connector(Account("caldav", url), user, SECRET, connections)
        listing = connector.calendars(None)
        assert (calendar, "Work") in {(info.href, info.name) for info in listing.calendars}
        before = connections.requests
        assert connector.calendars(listing.memo).calendars == listing.calendars
        assert connections.requests == before + 1


def response(href: str, *props: str) -> str:
    found = f"<d:propstat><d:prop>{''.join(props)}</d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat>"
    return f"<d:response><d:href>{href}</d:href>{found}</d:response>"


def principal(href: str) -> str:
    return f"<d:current-user-principal><d:href>{href}</d:href></d:current-user-principal>"


def home_set(*hrefs: str) -> str:
    return (
        f"<c:calendar-home-set>{''.join(f'<d:href>{href}</d:href>' for href in hrefs)}</c:calendar-home-set>"
    )


def kinds(*names: str) -> str:
    return f"<d:resourcetype>{''.join(f'<{name}/>' for name in names)}</d:resourcetype>"


CALENDAR = kinds("d:collection", "c:calendar")
COLLECTION = kinds("d:collection")
NAMED = "<d:displayname>{}</d:displayname><cs:getctag>1</cs:getctag>"


def home(href: str, *calendars: str) -> bytes:
    members = [response(f"{href}{name}/", CALENDAR, NAMED.format(name)) for name in calendars]
    return multistatus(response(href, COLLECTION), *members)


class Site:
    """A script of PROPFINDs by path."""

    def __init__(self, **pages: bytes) -> None:
        self.pages = {path.replace("_", "/"): said for path, said in pages.items()}

    def __call__(self, asked: Asked) -> Said:
        return self.pages.get(asked.path, reply(404))


def calendars(
    server: ScriptedServer, connections: Connections, path: str = "", hosts: tuple[str, ...] = ()
) -> tuple[CalendarInfo, ...]:
    account = Account("caldav", server.url + path, hosts=hosts)
    return open_connector(account, "anna", "secret", connections).calendars(None).calendars


class TestAnyServer:
    def test_credentials_go_with_the_very_first_request(self, serve: Serve, connections: Connections) -> None:
        site = Site(_=multistatus(response("/", principal("/p/"))), _p_=multistatus(response("/p/", home_set("/h/"))), _h_=home("/h/", "a"))  # fmt: skip
        server = serve(site)
        assert [info.href for info in calendars(server, connections)] == ["/h/a/"]
        assert all(asked.headers["authorization"].startswith("Basic ") for asked in server.asked)
        assert [asked.path for asked in server.asked] == ["/", "/p/", "/h/"]

    def test_where_there_is_nothing_the_well_known_address_is_tried(
        self, serve: Serve, connections: Connections
    ) -> None:
        site = Site()
        site.pages = {
            "/.well-known/caldav": reply(301, Location="/dav/"),
            "/dav/": multistatus(response("/dav/", principal("/dav/p/"))),
            "/dav/p/": multistatus(response("/dav/p/", home_set("/dav/h/"))),
            "/dav/h/": home("/dav/h/", "a"),
        }
        assert [info.href for info in calendars(serve(site), connections)] == ["/dav/h/a/"]

    def test_several_homes_are_all_listed(self, serve: Serve, connections: Connections) -> None:
        site = Site(_=multistatus(response("/", principal("/p/"))), _p_=multistatus(response("/p/", home_set("/h/", "/g"))), _h_=home("/h/", "a"), _g_=home("/g/", "b"))  # fmt: skip
        assert [info.href for info in calendars(serve(site), connections)] == ["/h/a/", "/g/b/"]

    def test_an_address_that_is_a_home_itself_will_do(self, serve: Serve, connections: Connections) -> None:
        site = Site(_h_=home("/h/", "a", "b"))
        assert [info.href for info in calendars(serve(site), connections, "h/")] == ["/h/a/", "/h/b/"]

    def test_so_will_one_that_is_a_calendar(self, serve: Serve, connections: Connections) -> None:
        site = Site(_h_a_=multistatus(response("/h/a/", CALENDAR, NAMED.format("Work"))))
        (found,) = calendars(serve(site), connections, "h/a/")
        assert (found.href, found.name) == ("/h/a/", "Work")
        assert found.revision.startswith("1 at ")

    def test_a_calendar_outside_the_own_home_is_added_to_it(
        self, serve: Serve, connections: Connections
    ) -> None:
        team = response("/team/x/", CALENDAR, NAMED.format("Team"), principal("/p/"))
        site = Site(
            _team_x_=multistatus(team),
            _p_=multistatus(response("/p/", home_set("/h/"))),
            _h_=home("/h/", "a"),
        )
        assert [info.href for info in calendars(serve(site), connections, "team/x/")] == ["/h/a/", "/team/x/"]

    def test_a_home_on_a_host_not_listed_is_not_asked(self, serve: Serve, connections: Connections) -> None:
        shard = serve(lambda asked: home("/h/", "a"))
        site = Site(_=multistatus(response("/", principal("/p/"))), _p_=multistatus(response("/p/", home_set(shard.url + "h/"))))  # fmt: skip
        with pytest.raises(NoAccess) as refused:
            calendars(serve(site), connections)
        assert shard.name in refused.value.hint
        assert not shard.asked

    def test_a_home_on_a_listed_host_keeps_that_host(self, serve: Serve, connections: Connections) -> None:
        shard = serve(lambda asked: home("/h/", "a"))
        site = Site(_=multistatus(response("/", principal("/p/"))), _p_=multistatus(response("/p/", home_set(shard.url + "h/"))))  # fmt: skip
        (found,) = calendars(serve(site), connections, hosts=(shard.name,))
        assert found.href == shard.url + "h/a/"

    @pytest.mark.parametrize(
        ("said", "kind"),
        [
            (reply(200, b"<html><body>Welcome</body></html>", Content_Type="text/html"), Garbled),
            (
                reply(
                    207, b'<!DOCTYPE x [<!ENTITY a "b">]><d:multistatus xmlns:d="DAV:">&a;</d:multistatus>'
                ),
                Garbled,
            ),
            (reply(404), ConnectorError),
            (reply(403), NoAccess),
            (reply(405), ConnectorError),
            (multistatus(response("/", "<d:displayname>no CalDAV</d:displayname>")), Unsupported),
            (multistatus(), ConnectorError),
            (reply(401), SignInRefused),
        ],
        ids=["page", "dtd", "404", "403", "405", "webdav", "empty", "401"],
    )
    def test_what_is_no_calendar_server_is_told_with_a_hint(
        self, serve: Serve, connections: Connections, said: bytes, kind: type[ConnectorError]
    ) -> None:
        server = serve(lambda asked: said)
        with pytest.raises(kind) as failed:
            calendars(server, connections)
        assert server.name in failed.value.message
        assert failed.value.hint
        assert len(server.asked) <= 2


class TestWhatIsListed:
    def listed(
        self, serve: Serve, connections: Connections, *members: str, home: str = ""
    ) -> list[CalendarInfo]:
        said = multistatus(response("/h/", COLLECTION, home), *members)
        return list(calendars(serve(Site(_h_=said)), connections, "h/"))

    def test_junk_is_left_out(self, serve: Serve, connections: Connections) -> None:
        todo = (
            '<c:supported-calendar-component-set><c:comp name="VTODO"/></c:supported-calendar-component-set>'
        )
        members = [
            response("/h/inbox/", kinds("d:collection", "c:schedule-inbox")),
            response("/h/trash/", kinds("d:collection", "d:trash-bin")),
            response("/h/tasks/", CALENDAR, todo),
            response("/h/feed/", kinds("d:collection", "cs:subscribed")),
            response("/h/personal/", CALENDAR, NAMED.format("Personal")),
            response("/h/personal.ics", CALENDAR, NAMED.format("Personal")),
            response("/h/personal.xml", CALENDAR, NAMED.format("Personal")),
            "<d:response><d:href>/h/lost/</d:href><d:status>HTTP/1.1 404 Not Found</d:status></d:response>",
        ]
        assert [info.href for info in self.listed(serve, connections, *members)] == ["/h/personal/"]

    def test_rights_and_marks_are_told(self, serve: Serve, connections: Connections) -> None:
        reading = "<d:current-user-privilege-set><d:privilege><d:read/></d:privilege></d:current-user-privilege-set>"
        writing = reading.replace("<d:read/>", "<d:write-content/>")
        transparent = "<c:schedule-calendar-transp><c:transparent/></c:schedule-calendar-transp>"
        owner = "<d:owner><d:href>/p/{}</d:href></d:owner>"
        members = [
            response("/h/a/", CALENDAR, writing, owner.format("anna/")),
            response("/h/b/", CALENDAR, reading, transparent, owner.format("bob/")),
            response("/h/c%20c/", CALENDAR),
        ]
        a, b, c = self.listed(serve, connections, *members, home=owner.format("anna"))
        assert (a.owned, a.writable, a.transparent) == (True, True, False)
        assert (b.owned, b.writable, b.transparent) == (False, False, True)
        assert (c.owned, c.writable, c.transparent, c.name, c.revision) == (True, True, False, "c c", "")


class TestOpening:
    def test_a_kind_of_another_version_is_refused(self, connections: Connections) -> None:
        for kind in ("exchange", "carrier-pigeon"):
            with pytest.raises(Unsupported) as refused:
                open_connector(Account(kind, "https://example.com/"), "anna", "secret", connections)
            assert refused.value.hint
        assert connections.requests == 0

    def test_nothing_is_sent_before_it_is_asked(self, connections: Connections) -> None:
        open_connector(Account("caldav", "https://example.invalid/"), "anna", "secret", connections).close()
        assert connections.requests == 0
