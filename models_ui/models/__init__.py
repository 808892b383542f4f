"""The tables, by what they are about: the mirror of upstream, the history of actions, jobs, and what warns people;
leases and rate limits, which all processes share.

`CatalogModel` is one real model; only `sync.py` (what upstream lists) and `subject.py` (what an action did) write these
rows and the `Mirror`. `AuditEvent` is the history of actions; only `audit.py` writes it, and nothing changes or deletes
an event. `BulkJob` is one action on many models. `tests/test_architecture.py` has the writers of every table.
"""

from models_ui.models.alerts import CalendarEvent, Delivery, DigestReader, FeedAddress, Said, Watch
from models_ui.models.audit import AuditEvent, AuditHead
from models_ui.models.bulk import BulkItem, BulkJob, JobWorker, new_job_id

from .mirror import DISPUTED, CatalogChange, CatalogModel, Mirror, SyncRun
from .shared import Lease, RateCount

__all__ = [
    "DISPUTED",
    "AuditEvent",
    "AuditHead",
    "BulkItem",
    "BulkJob",
    "CalendarEvent",
    "CatalogChange",
    "CatalogModel",
    "Delivery",
    "DigestReader",
    "FeedAddress",
    "JobWorker",
    "Lease",
    "Mirror",
    "RateCount",
    "Said",
    "SyncRun",
    "Watch",
    "new_job_id",
]
