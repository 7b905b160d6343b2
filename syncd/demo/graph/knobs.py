"""What of the fake Graph's behaviour can be turned: by name, each with the source that says that Graph behaves so.

Sources: [D] Microsoft's documentation, [C] its v1.0 metadata, [I] an issue or thread (docs N: microsoftgraph/
microsoft-graph-docs issue N), [K] common knowledge, [-] none: the knob is there because nobody knows, and a client must
bear both settings. The first setting named is the default. Knobs of the second class make data or answers wrong or odd
on purpose; what is answered while one of them is turned is no measure of the fake's fidelity.
"""

from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Literal

NONE = timedelta(0)
DeadLink = Literal["410", "400", "400-invalid", "404", "410-resync"]
RetryForm = Literal["int", "float", "date", "absent"]


@dataclass(slots=True)
class Knobs:
    """Every knob at its default. Turn them while the server runs."""

    # --- signing in
    token_life: timedelta = timedelta(hours=1)
    """How long an access token counts [D: an hour or so]."""

    # --- people and settings
    unknown_user_code: str = "Request_ResourceNotFound"
    """The code for a user that is not there [D user-get]; ErrorInvalidUser is seen on mailbox paths [K]."""
    null_interval_fails: bool = True
    """getSchedule answers 500 to a null availabilityViewInterval [I docs-contrib 7208]; or takes it as 30."""

    most_in_a_slot: int = 1000
    """getSchedule has an error 5006 for whoever has more entries in a time slot [D outlook-get-free-busy-schedule]."""

    # --- writing events
    repeat_status: Literal[201, 200] = 201
    """The answer to a POST repeated with its transactionId: the same event [D event.md], with 201 or 200 [I]."""
    duplicate_status: Literal[400, 409] = 400
    """The answer to another event under a used transactionId [I: 400 in two clients, 409 in others' tests]."""
    duplicate_names_event: bool = True
    """That answer names the existing event [I: one client reads it]; or does not."""
    transaction_outlives_event: bool = True
    """A transactionId stays used when its event is deleted [-]; or may be used again."""
    read_only: Literal["ignored", "refused"] = "ignored"
    """A property that can't be set is left out of account [-]; or refused with 400."""
    null_enum: Literal["refused", "default"] = "refused"
    """null for showAs, sensitivity or importance is refused [-]; or stands for busy, normal and normal."""
    if_match_counts: bool = True
    """If-Match is honoured on PATCH and DELETE [K; the OpenAPI has it on deletes]; or not looked at."""
    conflict_status: Literal[412, 409] = 412
    """The status of ErrorIrresolvableConflict [I: 412]; 409 is seen too."""
    cancel_takes: timedelta = timedelta(seconds=5)
    """A cancellation is answered at once (202) and done after this [D event-cancel: asynchronous; how long: -]."""
    declined_stays: bool = False
    """A declined meeting's copy disappears [I: moves to Deleted Items]; or stays, declined [K: Outlook can be set so]."""
    cancelled_title: str = "Canceled: "
    """Begins the subject of an attendee's copy once the organizer cancelled [K]."""
    online_meetings: bool = False
    """isOnlineMeeting makes a Teams meeting [D]; False: it is silently ignored where the mailbox can't [I teams-cli]."""
    every_iana_zone: bool = False
    """Only IANA names that stand for a Windows zone are known [D: about 95]; or every one of them [-]."""

    # --- series
    short_months: Literal["last", "skip"] = "last"
    """The 31st of a shorter month is its last day [K: Outlook's rule]; or there is none."""
    reschedule_drops_exceptions: bool = True
    """A new rule or time of a series forgets its exceptions [K]; or only the rule does."""
    cancelled_occurrences_always: bool = False
    """event.cancelledOccurrences comes only with $select [-]; or with every master."""

    # --- reading
    page_size: int = 10
    """Items a page where nothing is asked for [D: 10 for lists; for delta -]."""

    largest_page: int = 1000
    """Items a page of delta at most, whatever is asked for [D OData 8.2.8.6: odata.maxpagesize is a wish]."""
    all_day_floats: bool = True
    """All-day events are at midnight in whatever zone is asked for; or their UTC midnight is converted [-]."""
    delta_select: Literal["refused", "ignored"] = "ignored"
    """$select with delta: accepted in the field [I keeper.sh 409], "not supported" [D]: refused with 400."""
    occurrences_as_stubs: bool = True
    """Occurrences in delta carry only id, type, seriesMasterId, start and end [I docs 7632, 1716]; or everything [D]."""
    removed_series_whole: bool = False
    """A deleted series is one @removed, its master's [-]; or also one for each occurrence it had in the window."""
    deleted_occurrence_removed: bool = False
    """A deleted occurrence leaves no @removed [I docs PR 4501]; or does [D: what the page promises]."""
    out_of_window_removed: bool = True
    """What is touched outside the window comes as @removed, even if never seen [D event-delta]; or not at all."""
    moved_back_is_lost: bool = False
    """An event moved to another calendar and back comes again; or stays away for clients of immutable ids [I docs 21752]."""

    # --- odd but seen: a client must bear it
    first_page_empty: bool = False
    """A round's first page is empty, with a nextLink [I docs 2839]."""
    replays: int = 0
    """So many unchanged events, or whole series, come again in each further round [D delta-query-overview]."""
    duplicates: bool = False
    """Each page's events come again on the next [D delta-query-overview]."""
    shuffled: bool = False
    """Items come in any order, occurrences before their master too [D delta-query-overview]."""
    master_missing: bool = False
    """A series' master does not come in delta [I docs 2182]."""
    change_delay: timedelta = NONE
    """A change shows in delta only after this [D: replication delay]."""
    tokens_die_after: timedelta = NONE
    """Delta links older than this are dead (0: never) [D: not fixed]."""
    tokens_die_at: int = 0
    """Delta links are dead after so many further changes of the mailbox (0: never) [D: evicted by volume]."""
    rounds_die: int = 0
    """So many coming rounds die at their second page [I docs 2162]."""
    dead_link: DeadLink = "410"
    """How a dead link is answered: 410 SyncStateNotFound with Location [D, I docs 2350]; 400 syncStateNotFound [D];
    400 SyncStateInvalid [I corso]; 404; 410 resyncRequired [D errors.md]."""
    endless: bool = False
    """Every page of delta is the same one with a fresh nextLink, for ever [I sdk-dotnet 3082, Q&A 5790953]."""

    # --- subscriptions
    longest_subscription: timedelta = timedelta(minutes=4230)
    """The most a subscription may ask for: 4,230 min [D 2024]; 10,080 min [D newer pages]."""
    over_long_subscription: Literal["refused", "capped"] = "refused"
    """A longer one is refused [-]; or cut to what is allowed."""
    duplicate_subscription: Literal["taken", "refused"] = "taken"
    """A second subscription of the same kind: two 201 seen [I Q&A 5768670]; 409 [D]."""
    plain_http: bool = False
    """Notification addresses must be https [D]; True lets a rehearsal on this machine do without."""

    # --- notifications
    notifications_stop: bool = False
    """No notification is sent any more [I docs 6476, days of it]."""
    notifications_lost: int = 0
    """So many coming notifications are lost."""
    notification_delay: timedelta = NONE
    """Notifications come after this."""
    notifications_reordered: bool = False
    """What waits to be sent is sent in reverse."""
    notifications_doubled: bool = False
    """A created event is told as created and updated [I Q&A 5903442]."""

    # --- limits
    most_in_flight: int = 4
    """Requests at once for one mailbox [D]."""
    most_requests: int = 10_000
    """Requests for one mailbox in `limit_window` [D: 10,000 in 10 min]; lower it to see it."""
    limit_window: timedelta = timedelta(minutes=10)
    retry_after: timedelta = timedelta(seconds=5)
    """What a refused client is told to wait [-]."""
    retry_form: RetryForm = "int"
    """How: whole seconds [D]; a fraction [D throttling sample: 2.128]; an HTTP date [RFC 9110]; not at all [I]."""
    batch_over_four: Literal["throttled", "queued"] = "throttled"
    """More than four requests of a batch for one mailbox: the rest is refused [I docs 8760]; or waits [D]."""
    batch_shuffled: bool = True
    """Answers of a batch come in any order [D json-batching]; False: in the order asked."""

    # --- faults
    conflicts: int = 0
    """So many coming writes meet a conflict out of nowhere [I Q&A 271870]."""

    def turned(self) -> dict[str, str]:
        """The knobs that are not at their default, as text: recorded with every exchange."""
        defaults = Knobs()
        names = (one.name for one in fields(self))
        return {
            name: str(getattr(self, name)) for name in names if getattr(self, name) != getattr(defaults, name)
        }


SPOILING = frozenset({"conflicts", "endless", "rounds_die", "removed_series_whole"})
"""Knobs that make answers contradict Microsoft's pages."""
