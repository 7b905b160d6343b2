"""The nouns that syncd remembers: frozen values, standard library only, times in aware UTC.

One word per thing (docs/architecture.md has the list). Everything here is data; what it means is decided in
`syncd.rules`, how it is kept in the modules of `store`.
"""

from store.model.access import (
    Session,
    Token,
    TokenScope,
)
from store.model.busy import (
    MadeBlock,
    Slot,
    StoredObject,
)
from store.model.directory import (
    Agent,
    Calendar,
    Login,
    LoginPlan,
)
from store.model.meetings import (
    Change,
    ChangeKind,
    Guest,
    Meeting,
    MeetingStatus,
    Override,
)
from store.model.owed import (
    Copy,
    Deed,
    Delivery,
    DeliveryState,
    DeliveryTarget,
    Duplicate,
    Notice,
    Place,
    Target,
    Told,
)

__all__ = [
    "Agent",
    "Calendar",
    "Change",
    "ChangeKind",
    "Copy",
    "Deed",
    "Delivery",
    "DeliveryState",
    "DeliveryTarget",
    "Duplicate",
    "Guest",
    "Login",
    "LoginPlan",
    "MadeBlock",
    "Meeting",
    "MeetingStatus",
    "Notice",
    "Override",
    "Place",
    "Session",
    "Slot",
    "StoredObject",
    "Target",
    "Token",
    "TokenScope",
    "Told",
]
