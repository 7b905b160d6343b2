"""How a rule says no: in words the person who asked understands, with what to do instead."""


class Refused(Exception):
    """A rule forbids the change. `message` says what is wrong, `hint` what to do; no guest's address in either."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
