"""What people send to the converter."""

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from converter.presets import PRESETS


def check_upload_size(upload: UploadedFile) -> None:
    """Refuse a file that is too big to be read.

    Raises:
        forms.ValidationError: naming the limit.
    """
    limit = settings.CONVERTER_MAX_UPLOAD_BYTES
    if upload.size > limit:
        size = f"{upload.size / 2**20:.1f} MB; at most {limit / 2**20:.0f} MB"
        raise forms.ValidationError(f"The file has {size} are allowed. Send a smaller one.")


class UploadForm(forms.Form):
    """A logo to convert."""

    image = forms.FileField(
        label="Logo",
        validators=[check_upload_size],
        widget=forms.ClearableFileInput(
            attrs={"accept": "image/png,image/jpeg,image/webp,image/gif,image/bmp,image/tiff"}
        ),
        error_messages={"required": "Choose an image file first.", "empty": "The file is empty."},
    )


class PresetForm(forms.Form):
    """Another preset for a conversion."""

    preset = forms.ChoiceField(label="Trace as", choices=[(name, name) for name in PRESETS])
