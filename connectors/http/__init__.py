"""Speaking HTTP to servers that are not trusted: bounded in time, size, hosts and connections (RFC 9110, 9112).

`client` sends one login's requests to its `account`; `wire` is one connection, `pool` keeps them, `auth` signs in, `errors` says once
what each failure means. It stands on the standard library's `http.client` and not on `requests`: one total time limit
that also holds while headers trickle in, a cap on the decompressed body, no cookies shared between logins, no proxy or
netrc from the environment, and no second HTTP library that another package may swap underneath.
"""
