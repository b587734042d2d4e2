"""Forms that order a dataset: from a zip of images, or from the logo packages."""

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat

from classifier.admin import theme
from classifier.conf import conf
from classifier.datasets.archives import ArchiveError, open_archive
from classifier.logo_types import CLASS_NAMES
from classifier.models import Dataset


class BuildDatasetForm(forms.ModelForm):
    """The name of a new dataset and the seed of its splits."""

    class Meta:
        model = Dataset
        fields = ["name", "seed"]
        widgets = {"name": theme.TextInput, "seed": theme.IntegerInput}
        help_texts = {"seed": "Decides which logos are trained on and which are tested on."}

    def clean_name(self) -> str:
        """Refuse a name that another dataset has; that of a failed one is free."""
        name = self.cleaned_data["name"]
        if Dataset.objects.filter(name=name).exclude(status=Dataset.Status.FAILED).exists():
            raise forms.ValidationError(
                f'There is a dataset "{name}" already. Choose another name.', code="unique"
            )
        return name

    def validate_unique(self) -> None:
        """Leave the name to `clean_name`."""


class ImportImagesForm(BuildDatasetForm):
    """A zip of images by class, beside name and seed."""

    archive = forms.FileField(
        label="Zip file",
        widget=theme.FileInput(attrs={"accept": ".zip,application/zip"}),
        help_text=f"PNG, JPEG, WebP and SVG files in folders named {', '.join(CLASS_NAMES)}.",
    )

    def clean_archive(self) -> UploadedFile:
        """Refuse what is no zip, holds nothing or too much, before it is kept."""
        upload = self.cleaned_data["archive"]
        limit = conf.MAX_IMPORT_BYTES
        if upload.size > limit:
            raise forms.ValidationError(f"The zip is larger than {filesizeformat(limit)}.")
        try:
            with open_archive(upload.file):
                pass
        except ArchiveError as error:
            raise forms.ValidationError(str(error)) from error
        upload.seek(0)
        return upload
