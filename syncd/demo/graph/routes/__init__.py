"""The fake Graph's routes, a file a noun. Importing them fills the table."""

from syncd.demo.graph.routes import answers, calendars, events, people, schedules, subscriptions, views
from syncd.demo.graph.routes.table import TABLE, Route

__all__ = [
    "TABLE",
    "Route",
    "answers",
    "calendars",
    "events",
    "people",
    "schedules",
    "subscriptions",
    "views",
]
