"""CalDAV (RFC 4791) with sync tokens (RFC 6578), for servers as they are and not as the RFCs want them.

`connector` is the whole: `discovery` finds a login's calendars, `listing` checks all of them with one request, `sync`
tells what changed in one and `fetch` brings it, `writes` keeps our own events, `freebusy` asks for the server's own opinion; `xml`
speaks WebDAV's language.
"""
