"""The last few answers, kept by what was asked."""

from collections.abc import Hashable
from typing import Generic, TypeVar

Asked = TypeVar("Asked", bound=Hashable)
Answer = TypeVar("Answer")


class Lately(Generic[Asked, Answer]):
    """At most so many answers; a new one takes the place of those kept the longest.

    Many threads may ask and keep at once: nothing is gone through here while others change it.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: dict[Asked, Answer] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, asked: Asked) -> Answer | None:
        """What was answered, if it is still kept."""
        return self._kept.get(asked)

    def keep(self, asked: Asked, answer: Answer) -> Answer:
        """Keep an answer; returns it."""
        for oldest in list(self._kept)[: 1 - self._most or None]:
            self._kept.pop(oldest, None)
        self._kept[asked] = answer
        return answer
