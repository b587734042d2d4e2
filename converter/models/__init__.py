"""What the converter keeps: conversions, batches of them, routing policies and the audit log."""

from converter.models.audit import AuditEntry
from converter.models.batches import Batch, BatchItem
from converter.models.conversions import Conversion, GoneError, store_conversion, visitor_of
from converter.models.failures import Failure, record_failure
from converter.models.policies import RoutingPolicy

__all__ = [
    "AuditEntry",
    "Batch",
    "BatchItem",
    "Conversion",
    "Failure",
    "GoneError",
    "RoutingPolicy",
    "record_failure",
    "store_conversion",
    "visitor_of",
]
