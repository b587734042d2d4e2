"""The converter's periodic work."""

from celery import shared_task

from converter.models import Conversion


@shared_task
def delete_expired_conversions() -> None:
    """Delete conversions past their time, with their files."""
    for conversion in Conversion.objects.expired().iterator():
        conversion.delete_with_files()
