"""The registry of kinds of work.

Each kind says which rows it is about, who carries one out, on which queue, and what people read
when it goes wrong. Whatever deals with all work (the task, its queue, the reaper, metrics, the
dashboard) goes through this registry, so that a new kind cannot be forgotten anywhere.
"""

import errno
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

from django.db.models import Model, QuerySet

from classifier.models import ClaimedWork
from classifier.work.errors import UnknownKindError, WorkFailedError

if TYPE_CHECKING:
    from classifier.work.heartbeat import Heartbeat

SHORT, TRAINING = "short", "training"
QUEUES = (SHORT, TRAINING)
ROOMS = ("datasets", "versions", "runs", "labelling", "studies", "retraining")  # each has `kinds`


@dataclass
class End:
    """How work ended, and further columns to store with that."""

    status: str
    error: str = ""
    cause: Exception | None = None
    values: dict[str, Any] = field(default_factory=dict)


class Kind:
    """One kind of work. Subclasses set the attributes, define `carry_out` and register."""

    name: ClassVar[str]  # in messages to workers, in metrics and in addresses
    row: ClassVar[type[ClaimedWork]]
    queue: ClassVar[str] = TRAINING
    again: ClassVar[str]  # how to start it again: "resume this run"
    lost: ClassVar[str]  # what a row says whose worker fell silent
    stopped: ClassVar[str]  # what a row says whose worker was stopped
    permission: ClassVar[str]  # of the classifier, to cancel it
    foreseen: ClassVar[tuple[type[Exception], ...]] = ()  # their messages are for people

    @property
    def lost_status(self) -> str:
        """The status of work whose worker is gone: *failed* for rows that know no *lost*."""
        return getattr(self.row.Status, "LOST", self.row.Status.FAILED)

    def rows(self) -> QuerySet[Any]:
        """Return all rows, with what `carry_out` and `str` need of others."""
        return self.row.objects.all()

    def carry_out(self, row: Any, heartbeat: "Heartbeat", listener: Any) -> End | None:
        """Do the work; None for plain success.

        Args:
            row: claimed for this process.
            heartbeat: takes progress, and says when to stop.
            listener: hears of progress, too; None if nobody does. What it is depends on the kind.

        Raises:
            WorkStoppedError, TrainingStoppedError: if it was to stop.
            Exception: one of `foreseen` if a person can mend it.
        """
        raise NotImplementedError

    def explain(self, row: Any, error: Exception) -> str:
        """Say what a foreseen exception means to people; nothing for others, which are faults."""
        if isinstance(error, (WorkFailedError, *self.foreseen)):
            return str(error)
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            return f"The disk is full. Free some space and {self.again}."
        if isinstance(error, MemoryError):
            return "The memory is full."
        return ""

    def ended(self, row: Any, end: End) -> None:
        """Store what follows from an end that was stored."""

    def clean_up(self, row: Any) -> None:
        """Delete what the work needed, also if the row was deleted or is another process's."""

    def follow(self, pk: int, row: Any | None) -> None:
        """Give workers what comes next. `row` is None where there was nothing to do."""

    def refuse(self, row: Any, reason: str) -> None:
        """End queued work that could not be given to a worker."""
        self.row.objects.filter(pk=row.pk).refuse(reason)

    def cancel(self, row: Any) -> None:
        """Take queued work back, or ask running work to stop. What is over stays as it is."""
        self.row.objects.filter(pk=row.pk).cancel()

    def mark_lost(self) -> int:
        """End work whose worker has been silent for too long; return how much was lost."""
        return self.row.objects.mark_lost(self.lost, self.lost_status)


_KINDS: dict[str, Kind] = {}


def register(kind: type[Kind]) -> type[Kind]:
    """Add a kind to the registry: a decorator.

    Raises:
        ValueError: if its name or its rows have a kind already.
    """
    if kind.name in _KINDS or any(known.row is kind.row for known in _KINDS.values()):
        raise ValueError(f"There is a kind of work {kind.name} of {kind.row.__name__} already.")
    _KINDS[kind.name] = kind()
    return kind


def load() -> None:
    """Import the kinds of all rooms, which register themselves."""
    for room in ROOMS:
        import_module(f"classifier.{room}.kinds")


def all_kinds() -> list[Kind]:
    """Return every kind, by name."""
    return [_KINDS[name] for name in sorted(_KINDS)]


def kind_named(name: str) -> Kind:
    """Return the kind of that name.

    Raises:
        UnknownKindError: if there is none.
    """
    if name not in _KINDS:
        raise UnknownKindError(f"There is no kind of work {name!r}.")
    return _KINDS[name]


def kind_of(row: Model) -> Kind:
    """Return the kind of a row.

    Raises:
        UnknownKindError: if there is none.
    """
    for kind in _KINDS.values():
        if isinstance(row, kind.row):
            return kind
    raise UnknownKindError(f"{type(row).__name__} is no work.")
