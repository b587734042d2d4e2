"""The form of a new study."""

from typing import Any

from django import forms

from classifier.datasets.training_data import split_counts
from classifier.models import Dataset
from classifier.training.config import BACKBONES, POOLINGS, InvalidConfigError, TrainingConfig
from classifier.training.search_space import PARAMETERS, Budget, choose_space

_DEFAULTS = TrainingConfig()


def _number(initial: int, label: str, help_text: str = "") -> forms.IntegerField:
    return forms.IntegerField(initial=initial, label=label, help_text=help_text, min_value=0)


class StudyForm(forms.Form):
    """What to search over and what to spend; `config` and `budget` hold it once it is valid."""

    config: TrainingConfig
    budget: Budget

    dataset = forms.ModelChoiceField(Dataset.objects.none(), empty_label=None)
    parameters = forms.MultipleChoiceField(
        label="Settings to vary",
        choices=[(name, name.replace("_", " ")) for name in PARAMETERS],
        initial=list(PARAMETERS),
        widget=forms.CheckboxSelectMultiple,
    )
    trials = _number(Budget.trials, "Trials")
    share = forms.FloatField(
        initial=Budget.share,
        help_text="Of the training images that a trial sees, 0.05 to 1.",
        label="Share of the data",
        widget=forms.NumberInput(attrs={"step": "0.05"}),
    )
    epochs = _number(Budget.epochs, "Epochs of a trial", "Stages keep their shares of them.")
    parallel = _number(
        Budget.parallel, "Trials at the same time", "As many as workers serve trainings."
    )
    backbone = forms.ChoiceField(choices=[(name, name) for name in BACKBONES])
    pooling = forms.ChoiceField(choices=[(name, name.replace("_", " ")) for name in POOLINGS])
    input_size = _number(_DEFAULTS.input_size, "Input size")
    head_epochs = _number(_DEFAULTS.head_epochs, "Head epochs of a full run")
    top_epochs = _number(_DEFAULTS.top_epochs, "Top epochs of a full run")
    full_epochs = _number(_DEFAULTS.full_epochs, "Full epochs of a full run")

    budget_names = ("trials", "share", "epochs", "parallel")
    config_names = ("backbone", "pooling", "input_size", "head_epochs", "top_epochs", "full_epochs")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, label_suffix="", **kwargs)
        ready = Dataset.objects.ready()
        self.fields["dataset"].queryset = ready

    def clean(self) -> dict[str, Any]:
        """Build config and budget, and show what they refuse at the fields concerned."""
        values = super().clean() or self.cleaned_data
        if self.errors:
            return values
        try:
            self.budget = Budget(**{name: values[name] for name in self.budget_names})
            self.config = TrainingConfig(**{name: values[name] for name in self.config_names})
            counts = split_counts(values["dataset"])
            self.config.check_data(counts)
            images = self.budget.train_count(sum(counts["train"].values()))
            choose_space(values["parameters"], images, self.config.batch_size)
        except InvalidConfigError as error:
            for name, reason in error.errors.items():
                field = name if name in self.fields else None
                self.add_error(field, f"{reason[0].upper()}{reason[1:]}.")
        return values

    @property
    def main(self) -> list[forms.BoundField]:
        """The fields about what to spend."""
        return [self[name] for name in ("dataset", *self.budget_names)]

    @property
    def rest(self) -> list[forms.BoundField]:
        """The fields that all trials share."""
        return [self[name] for name in self.config_names]
