"""Hyperparameter search by Optuna, over trials that somebody else stores.

Optuna's own storages would be a second database beside the project's; here the study is rebuilt
from the stored trials whenever it is asked something.

Akiba et al.: Optuna (2019), https://arxiv.org/abs/1907.10902
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
)
from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances
from optuna.trial import FrozenTrial, TrialState

from classifier.training.dataset import LabelledImage
from classifier.training.search_space import Parameter, SearchSpace

RANDOM_TRIALS = 8  # before the sampler learns from results
PRUNING_TRIALS = 4  # complete ones, before any is ended early
IMPORTANCE_TRIALS = 10  # measured ones, before importances mean anything
_GOOD_SHARE = 0.25  # of the trials that count as good ones

_STATES = {
    "running": TrialState.RUNNING,
    "complete": TrialState.COMPLETE,
    "pruned": TrialState.PRUNED,
}
optuna.logging.set_verbosity(optuna.logging.WARNING)


@dataclass(frozen=True)
class TrialRecord:
    """A trial as it is stored. `curve` is the validation accuracy of each epoch so far."""

    values: dict[str, Any]
    state: str  # running, complete or pruned
    value: float | None = None  # what the trial reached; more is better
    curve: list[float] = field(default_factory=list)


def suggest(space: SearchSpace, records: Sequence[TrialRecord], seed: int) -> dict[str, Any]:
    """Return the values of the next trial.

    The first trials are random; then a tree-structured Parzen estimator proposes (Bergstra et
    al., 2011, "Algorithms for Hyper-Parameter Optimization"). Running trials count as bad ones,
    so that workers at the same time try different things.

    Args:
        space: what varies.
        records: all trials so far.
        seed: another one for every trial, or workers would draw the same values.
    """
    sampler = optuna.samplers.TPESampler(
        n_startup_trials=RANDOM_TRIALS, seed=seed, constant_liar=True
    )
    study = _study(space, records, sampler)
    return dict(study.ask(_distributions(space)).params)


def should_prune(
    space: SearchSpace, records: Sequence[TrialRecord], trial: TrialRecord, warm_up: int
) -> bool:
    """Return whether a running trial is worse than the median of the complete ones so far.

    Args:
        space: what varies.
        records: the other trials.
        trial: the running one, its last epoch the one to judge.
        warm_up: epochs in which nothing is pruned.
    """
    pruner = optuna.pruners.MedianPruner(PRUNING_TRIALS, n_warmup_steps=warm_up + 1)
    study = _study(space, records, optuna.samplers.RandomSampler())
    return bool(pruner.prune(study, _frozen(trial, _distributions(space))))


def importances(space: SearchSpace, records: Sequence[TrialRecord]) -> dict[str, float]:
    """Return how much each parameter decides whether a trial is among the best quarter.

    Watanabe et al.: PED-ANOVA (2023), https://arxiv.org/abs/2304.10255. The shares sum to 1, the
    largest first. Pruned trials count with what they had reached. Empty while there are too few
    trials, or where all reached the same.
    """
    measured = [replace(r, state="complete") for r in records if r.value is not None]
    if len(measured) < IMPORTANCE_TRIALS or len({record.value for record in measured}) < 2:
        return {}
    study = _study(space, measured, optuna.samplers.RandomSampler())
    evaluator = PedAnovaImportanceEvaluator(target_quantile=_GOOD_SHARE)
    found = get_param_importances(study, evaluator=evaluator)
    return {name: float(share) for name, share in found.items()}


def stratified_share(images: list[LabelledImage], share: float, seed: int) -> list[LabelledImage]:
    """Return a random share of each class's images, one of each at least, in their order."""
    rng = random.Random(seed)
    chosen: set[int] = set()
    for label in sorted({image.label for image in images}):
        rows = [row for row, image in enumerate(images) if image.label == label]
        chosen.update(rng.sample(rows, max(1, round(len(rows) * share))))
    return [images[row] for row in sorted(chosen)]


def _study(
    space: SearchSpace, records: Sequence[TrialRecord], sampler: optuna.samplers.BaseSampler
) -> optuna.Study:
    study = optuna.create_study(direction="maximize", sampler=sampler)
    distributions = _distributions(space)
    for record in records:
        study.add_trial(_frozen(record, distributions))
    return study


def _frozen(record: TrialRecord, distributions: dict[str, BaseDistribution]) -> FrozenTrial:
    return optuna.trial.create_trial(
        state=_STATES[record.state],
        value=record.value if record.state != "running" else None,
        params=record.values,
        distributions=distributions,
        intermediate_values=dict(enumerate(record.curve, 1)),
    )


def _distributions(space: SearchSpace) -> dict[str, BaseDistribution]:
    return {name: _distribution(parameter) for name, parameter in space.items()}


def _distribution(parameter: Parameter) -> BaseDistribution:
    if parameter.choices:
        return CategoricalDistribution(parameter.choices)
    return FloatDistribution(parameter.low, parameter.high, log=parameter.log)
