"""How a rule says no: in words the person who asked understands, with what to do instead."""


class Refused(Exception):
    """A rule forbids the change. `message` says what is wrong, `hint` what to do; no guest's address in either.

    `field`: what of the request is wrong in itself, as a path (`guests[0].email`); "" where the rule looked at more than that.
    """

    def __init__(self, message: str, hint: str = "", *, field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.field = field
