"""The converter's work for workers: conversions of batches, and what comes round periodically."""

from importlib import import_module

from celery import shared_task
from django.conf import settings

from converter.batches import send_stranded
from converter.intake import convert_item
from converter.media import delete_ownerless
from converter.models import Batch, Conversion, Failure


@shared_task
def convert_batch_item(item_id: str) -> None:
    """Convert one upload of a batch."""
    convert_item(item_id)


@shared_task
def send_stranded_batch_items() -> None:
    """Send uploads of batches again whose tasks were lost."""
    send_stranded()


@shared_task
def delete_expired_conversions() -> None:
    """Delete conversions and batches past their time, with their files."""
    for row in (*Conversion.objects.expired().iterator(), *Batch.objects.expired().iterator()):
        row.delete_with_files()
    Failure.objects.expired().delete()


@shared_task
def delete_ownerless_media() -> None:
    """Delete files of conversions and batches that have no row: a crash came between the two."""
    for folder, model in (("conversions", Conversion), ("batches", Batch)):
        delete_ownerless(folder, {str(pk) for pk in model.objects.values_list("pk", flat=True)})


@shared_task
def delete_expired_sessions() -> None:
    """Delete the sessions of visitors who have not come back."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
