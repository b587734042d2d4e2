"""Converting many logos as one job: one task for each, so that workers share them.

An item waits in the database. Its task may be delivered twice, or get lost with its queue: the
first to finish an item keeps its result, and what waits for too long is sent again.
"""

import logging
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePath

from celery import current_app
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from kombu.exceptions import OperationalError as QueueError

from converter.conversion import AS_CLASSIFIED, Choice
from converter.media import files_in
from converter.models import Batch, BatchItem

logger = logging.getLogger(__name__)
Status = BatchItem.Status
_STALLED = 10  # times the usual time between two images: no estimate holds any more
TASK = "converter.tasks.convert_batch_item"
MOST_ATTEMPTS = 3  # an image that ends its worker's process is not tried for ever
_GIVEN_UP = "Several workers tried to convert this image, and failed. Send a smaller version of it."


@dataclass(frozen=True)
class Progress:
    """How far a batch is. `seconds_left` is None where nobody can tell."""

    total: int
    done: int
    failed: int
    cancelled: int
    seconds_left: float | None

    @property
    def over(self) -> int:
        """How many items nothing more happens to."""
        return self.done + self.failed + self.cancelled

    @property
    def is_active(self) -> bool:
        return self.over < self.total

    @property
    def share(self) -> float:
        """Share of the items that are over, 0 to 1."""
        return self.over / self.total if self.total else 1.0

    @property
    def time_left(self) -> str:
        """The time that is left as people read it; empty while it is not known."""
        if self.seconds_left is None:
            return ""
        seconds = math.ceil(self.seconds_left)
        return f"{round(seconds / 60)} min" if seconds > 90 else f"{seconds} s"


def create_batch(
    visitor: str, uploads: Iterable[UploadedFile], choice: Choice = AS_CLASSIFIED
) -> Batch:
    """Store uploads, unread, and give them to workers once the transaction is over."""
    batch = Batch(visitor=visitor, **choice.stored())
    items: list[BatchItem] = []
    try:
        # Files first: nobody else can write to the database while rows are stored.
        for position, upload in enumerate(uploads):
            name = PurePath(upload.name).name[:120] or "logo"
            size = upload.size or 0
            items.append(BatchItem(batch=batch, position=position, name=name, upload_bytes=size))
            items[-1].upload.save("upload", upload, save=False)
        with transaction.atomic():
            batch.save(force_insert=True)
            BatchItem.objects.bulk_create(items)
            transaction.on_commit(lambda: _send(items))
    except BaseException:  # such as a full disk: no file remains without its row, not half of one
        for name in files_in(f"batches/{batch.pk}"):
            default_storage.delete(name)
        raise
    return batch


def progress_of(batch: Batch) -> Progress:
    """Count a batch's items by what became of them, and estimate the time that is left."""
    ends = list(batch.items.values_list("status", "finished_at"))
    counts = {status: sum(own == status for own, _ in ends) for status in Status}
    finished = [
        at for status, at in ends if at and at >= batch.started_at and status != Status.CANCELLED
    ]
    waiting, seconds_left = counts[Status.WAITING], None
    if waiting and finished:
        pace = (max(finished) - batch.started_at).total_seconds() / len(finished)
        silence = (timezone.now() - max(finished)).total_seconds()
        if silence < _STALLED * pace:  # else a lost task waits to be delivered again
            seconds_left = pace * waiting
    return Progress(
        len(ends), counts[Status.DONE], counts[Status.FAILED], counts[Status.CANCELLED],
        seconds_left,
    )  # fmt: skip


def cancel_batch(batch: Batch) -> None:
    """Take back what waits; what a worker converts at this moment is thrown away.

    What waits to be traced again keeps the drawing that it has.
    """
    for item in batch.items.filter(status=Status.WAITING):
        finish_item(item, Status.DONE if item.conversion_id else Status.CANCELLED)


def trace_again(batch: Batch, items: Iterable[BatchItem], choice: Choice) -> int:
    """Give items that were converted to workers once more; return how many.

    Args:
        batch: that they belong to.
        items: those without a drawing are left out: their uploads are gone.
        choice: how to trace them.
    """
    chosen = [item.pk for item in items if item.conversion_id]
    with transaction.atomic():
        now = timezone.now()
        batch.started_at = now
        batch.save(update_fields=["started_at"])
        batch.items.filter(pk__in=chosen).update(
            status=Status.WAITING, message="", choice=choice.stored(), attempts=0, queued_at=now,
            finished_at=None,
        )  # fmt: skip
        again = list(batch.items.filter(pk__in=chosen))
        transaction.on_commit(lambda: _send(again))
    return len(chosen)


def delete_items(batch: Batch, items: Iterable[BatchItem]) -> int:
    """Delete items with their uploads and drawings, and the batch if none is left."""
    deleted = 0
    for item in items:
        conversion, upload = item.conversion, item.upload
        item.delete()
        upload.delete(save=False)
        if conversion:
            conversion.delete_with_files()
        deleted += 1
    if not batch.items.exists():
        batch.delete_with_files()
    return deleted


def begin_item(item_id: str) -> BatchItem | None:
    """Return an item that waits, for a worker to convert; None if nobody has to any more."""
    waiting = BatchItem.objects.filter(pk=item_id, status=Status.WAITING)
    if not waiting.update(attempts=F("attempts") + 1):
        return None
    item = waiting.select_related("batch", "conversion").first()
    if item is not None and item.attempts > MOST_ATTEMPTS:
        finish_item(item, Status.FAILED, _GIVEN_UP)
        return None
    return item


def finish_item(item: BatchItem, status: Status, message: str = "") -> bool:
    """Say what became of an item that still waits; False if somebody else was first."""
    finished = BatchItem.objects.filter(pk=item.pk, status=Status.WAITING).update(
        status=status, message=message[:300], finished_at=timezone.now()
    )
    if finished:
        transaction.on_commit(lambda: item.upload.delete(save=False))
    return bool(finished)


def send_stranded() -> int:
    """Send again what waits for too long: its task was lost with a queue. Return how many."""
    stranded = list(BatchItem.objects.stranded())
    _send(stranded)
    return len(stranded)


def enqueue(item_id: str) -> None:
    """Give one item to a worker.

    Raises:
        kombu.exceptions.OperationalError: if no queue answers.
    """
    current_app.send_task(TASK, (item_id,))


def _send(items: Iterable[BatchItem]) -> None:
    """Give items to workers. Where no queue answers they wait until `send_stranded` finds them."""
    sent = []
    try:
        for item in items:
            enqueue(str(item.pk))
            sent.append(item.pk)
    except QueueError as error:
        logger.warning("Uploads wait, since the queue is away: %s", error)
    BatchItem.objects.filter(pk__in=sent).update(queued_at=timezone.now())
