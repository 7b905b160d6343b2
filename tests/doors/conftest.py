"""Fixtures of the doors' tests: a desk (agents without calendars) and an office (calendars on a real server)."""

from desks import desk, logging_as_before, office

__all__ = ["desk", "logging_as_before", "office"]
