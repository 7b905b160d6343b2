"""The daemon beside a video-meeting platform: it keeps agents' calendars, an availability store and meetings in step."""

__version__ = "0.1.0"
