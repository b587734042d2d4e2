"""How much may be sent at a time."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile


def check_upload_size(upload: UploadedFile) -> None:
    """Refuse a file that is too big to be read.

    Raises:
        ValidationError: naming the limit.
    """
    limit = settings.CONVERTER_MAX_UPLOAD_BYTES
    if upload.size > limit:
        size = f"{upload.size / 2**20:.1f} MB; at most {limit / 2**20:.0f} MB"
        raise ValidationError(f"The file has {size} are allowed. Send a smaller one.")


def check_upload_count(uploads: list[UploadedFile]) -> None:
    """Refuse more files in one request than are taken, by number or by size.

    Raises:
        ValidationError: naming the limit.
    """
    most, limit = settings.CONVERTER_MAX_BATCH_IMAGES, settings.CONVERTER_MAX_BATCH_BYTES
    if len(uploads) > most:
        raise ValidationError(f"Send at most {most} files at a time.")
    if sum(upload.size for upload in uploads) > limit:
        raise ValidationError(f"Send at most {limit / 2**20:.0f} MB at a time.")
