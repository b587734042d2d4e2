"""Forms that start things: built from the settings they fill."""

import dataclasses
from typing import Any, cast

from django import forms

from classifier.admin import theme
from classifier.datasets.training_data import split_counts
from classifier.models import Dataset, TrainingRun
from classifier.runs.starts import startable, started_from
from classifier.runs.teachers import check_teacher
from classifier.training.config import InvalidConfigError, TrainingConfig


def setting_field(setting: dataclasses.Field) -> forms.Field:
    """Return the form field of one of TrainingConfig's fields."""
    limits = setting.metadata
    common: dict[str, Any] = {
        "initial": setting.default,
        "help_text": limits["help"],
        "label": setting.name.replace("_", " ").capitalize(),
    }
    if setting.type is bool:
        return forms.BooleanField(required=False, widget=theme.SwitchInput, **common)
    if "choices" in limits:
        choices = [(name, name) for name in limits["choices"]]
        return forms.ChoiceField(choices=choices, widget=theme.Select, **common)
    if setting.type is str:
        return forms.CharField(required=False, widget=theme.TextInput, **common)
    bounds: dict[str, Any] = {"min_value": limits.get("low"), "max_value": limits.get("high")}
    if setting.type is int:
        return forms.IntegerField(widget=theme.IntegerInput, **bounds, **common)
    widget = theme.DecimalInput(attrs={"step": "any"})
    return forms.FloatField(widget=widget, **bounds, **common)


class StartTrainingForm(forms.ModelForm):
    """A dataset and every setting of a run; `config` holds the settings once they are valid."""

    config: TrainingConfig
    prefix = "run"  # the admin theme takes a posted `dataset` for something of its own

    class Meta:
        model = TrainingRun
        fields = ["dataset"]
        widgets = {"dataset": theme.Select}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast(forms.ModelChoiceField, self.fields["dataset"])
        ready = Dataset.objects.ready()
        field.required, field.queryset, field.initial = True, ready, ready.first()
        field.help_text = (
            "Only finished datasets are listed. Make one under Datasets, or with: "
            "manage.py build_dataset"
        )
        start = cast(forms.CharField, self.fields["start_from"])
        start.widget = theme.Select(
            choices=[("", "ImageNet"), *((name, name) for name in startable())]
        )

    def clean(self) -> dict[str, Any]:
        """Build the config, and show what it refuses at the fields concerned."""
        values = super().clean() or self.cleaned_data
        names = [setting.name for setting in dataclasses.fields(TrainingConfig)]
        given = {name: values[name] for name in names if name in values}
        try:
            config = started_from(TrainingConfig.from_json(given))
            check_teacher(config)
            if values.get("dataset"):
                config.check_data(split_counts(values["dataset"]))
            self.config = config
        except InvalidConfigError as error:
            for name, reason in error.errors.items():
                if name not in self.errors:
                    self.add_error(name, f"{reason[0].upper()}{reason[1:]}.")
        return values


for _setting in dataclasses.fields(TrainingConfig):
    StartTrainingForm.base_fields[_setting.name] = setting_field(_setting)
