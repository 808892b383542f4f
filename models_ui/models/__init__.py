"""The tables, by what they are about: the mirror of upstream, the history of actions, bulk jobs, planned deletions,
what warns people, what people set up, and what all processes share.

`CatalogModel` is one real model; `AuditEvent` is one step of an action, and nothing changes or deletes it; `BulkJob` is
one verb on many models. `tests/test_architecture.py` lists the modules that may write each table.
"""

from models_ui.models.alerts import CalendarEvent, Delivery, DigestReader, FeedAddress, Said, Watch
from models_ui.models.audit import AuditEvent, AuditHead
from models_ui.models.bulk import BulkItem, BulkJob, JobWorker, new_job_id
from models_ui.models.deletions import PlannedDeletion
from models_ui.models.invitations import Invitation
from models_ui.models.mirror import DISPUTED, CatalogChange, CatalogModel, Mirror, SyncRun
from models_ui.models.people import Preferences, SavedList
from models_ui.models.shared import BrowserReport, Lease, RateCount

__all__ = [
    "DISPUTED",
    "AuditEvent",
    "AuditHead",
    "BrowserReport",
    "BulkItem",
    "BulkJob",
    "CalendarEvent",
    "CatalogChange",
    "CatalogModel",
    "Delivery",
    "DigestReader",
    "FeedAddress",
    "Invitation",
    "JobWorker",
    "Lease",
    "Mirror",
    "PlannedDeletion",
    "Preferences",
    "RateCount",
    "Said",
    "SavedList",
    "SyncRun",
    "Watch",
    "new_job_id",
]
