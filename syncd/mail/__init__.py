"""Mails to guests and agents: what they say, how they are built, and how they are sent.

letter is a mail as a value; wording fills the templates in the reader's language; invitation is the calendar attachment of
guests; message builds the whole; smtp sends it. Who is to be told what is a rule (`rules.notices`), and when is decided by
`actions.post`.
"""
