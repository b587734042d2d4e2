"""What visitors call what they have."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest

from converter.models import Batch, Conversion


class NameForm(forms.Form):
    """What a conversion or a batch is called."""

    name = forms.CharField(label="Name", max_length=120)


def take_name(request: HttpRequest, row: Conversion | Batch) -> None:
    """Call something as the request says, or tell the visitor what is wrong with the name."""
    form = NameForm(request.POST)
    if not form.is_valid():
        fault = " ".join(form.errors["name"])
        messages.error(request, f"The name was not changed: {fault}")
        return
    row.name = form.cleaned_data["name"]
    row.save(update_fields=["name"])
