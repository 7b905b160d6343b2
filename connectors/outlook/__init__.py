"""Outlook calendars through Microsoft Graph v1.0: the connector, its sign-in, its limits, and its JSON's meaning.

`events` and `zones` are pure; `delta` and `view` read, `writes` writes, `subscriptions` asks to be told of changes, `schedule`
asks for Exchange's own opinion of who is busy. Graph sends occurrences and never rules, so there is nothing to expand here, and
no object has a reduced form.
"""
