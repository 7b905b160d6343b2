"""Fixtures of the doors' tests: a desk (agents without calendars), an office (on a real server), the HTTP interface."""

from apis import api, counted
from desks import desk, logging_as_before, office

__all__ = ["api", "counted", "desk", "logging_as_before", "office"]
