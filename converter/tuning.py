"""Searching the tracer settings of a logo type, judged by the logos' vector sources."""

import warnings
from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from functools import lru_cache
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any

from converter.benchmarks.cases import Case
from converter.benchmarks.judging import Truth
from converter.benchmarks.logos import measure, truth_of
from converter.presets import Preset
from converter.vectorizer.settings import DrawingSettings

if TYPE_CHECKING:
    import optuna

Mapper = Callable[..., Iterable[float]]

SEARCHED: dict[str, tuple[float, float]] = {
    "colours": (4, 64),
    "merge_distance": (8.0, 60.0),
    "gradient_error": (2.0, 16.0),
    "speckle": (0.0, 9.0),
    "tolerance": (0.03, 0.2),
    "smoothing": (0.45, 1.2),
    "corner_degrees": (12.0, 50.0),
    "simplicity": (15.0, 200.0),
    "noise": (3.0, 25.0),
    "unexplained": (12.0, 90.0),
    "denoise_rounds": (0, 4),
}
_WITH_NOISE = ("denoise_rounds",)
_WITH_GRADIENTS = ("gradient_error",)
_STEP = 1.6  # between a setting and the values that are probed beside it
_KNOWN = 48  # sources that a process keeps, of some megabytes each
_BATCH = 8  # logos after which a trial that is clearly worse than the best is given up


def tune(
    logos: list[Case], start: Preset, kind: str, trials: int, seed: int, mapper: Mapper = map
) -> dict[str, Any]:
    """Search for the settings with the fewest faults on average (see `converter.benchmarks.score`).

    Akiba et al., "Optuna: A Next-generation Hyperparameter Optimization Framework", 2019. The
    first trial is the preset's own settings. A trial is given up as soon as a signed-rank test
    over the logos tells it from the best one.

    Args:
        logos: what is traced.
        start: the preset to improve.
        kind: of the uploads, one of FORMATS; the settings for it are searched.
        trials: how many settings are tried.
        seed: of the search.
        mapper: how many tracings are done: `map`, or that of a pool.

    Returns:
        the settings found, their faults, and those of the preset's own.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    settings = start.settings_for(kind == "jpeg")
    assert isinstance(settings, DrawingSettings)
    names = searched(settings, kind)

    def objective(trial: "optuna.Trial") -> float:
        found = replace(settings, **suggest(trial, names))
        preset = replace(start, settings=found, noisy=None)
        found_faults: list[float] = []
        for first in range(0, len(logos), _BATCH):
            jobs = [(logo, preset, kind) for logo in logos[first : first + _BATCH]]
            for points in mapper(_faults, jobs):
                trial.report(points, len(found_faults))
                found_faults.append(points)
            if trial.should_prune():
                raise optuna.TrialPruned
        return fmean(found_faults)

    warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)  # the pruner's
    study = optuna.create_study(
        direction="minimize",
        sampler=optuna.samplers.TPESampler(seed=seed),
        pruner=optuna.pruners.WilcoxonPruner(p_threshold=0.1),
    )
    own = asdict(settings)
    study.enqueue_trial({name: own[name] for name in names})
    study.optimize(objective, n_trials=trials)
    return {
        "settings": study.best_params,
        "faults": study.best_value,
        "faults_before": study.trials[0].value,
        "trials": trials,
        "logos": len(logos),
    }


def probe(logos: list[Case], start: Preset, kind: str, mapper: Mapper = map) -> dict[str, Any]:
    """Measure what each setting is worth: faults with a lower and a higher value of it alone.

    Args:
        logos: what is traced.
        start: the preset whose settings are changed.
        kind: of the uploads, one of FORMATS.
        mapper: as for `tune`.

    Returns:
        `faults` of the preset's own settings; `settings`, by name and value: `more`, faults on
        average, negative where the value is better, and `error`, the standard error of that.
    """
    settings = start.settings_for(kind == "jpeg")
    assert isinstance(settings, DrawingSettings)
    tried = [(name, value) for name in searched(settings, kind) for value in beside(settings, name)]
    changed = [settings, *(replace(settings, **{name: value}) for name, value in tried)]
    jobs = [
        (logo, replace(start, settings=each, noisy=None), kind)
        for each in changed
        for logo in logos
    ]
    faults = list(mapper(_faults, jobs))
    own, *others = (faults[k : k + len(logos)] for k in range(0, len(faults), len(logos)))
    found: dict[str, dict[float, dict[str, float]]] = {}
    for (name, value), points in zip(tried, others, strict=True):
        more = [a - b for a, b in zip(points, own, strict=True)]
        error = stdev(more) / len(more) ** 0.5 if len(more) > 1 else 0.0
        found.setdefault(name, {})[value] = {"more": fmean(more), "error": error}
    return {"faults": fmean(own), "settings": found}


def beside(settings: DrawingSettings, name: str) -> list[float]:
    """Return a value below and one above a setting's own, in the range that is searched."""
    low, high = SEARCHED[name]
    own = getattr(settings, name)
    whole = isinstance(low, int)
    values = (own / _STEP, own * _STEP) if own else (low + (high - low) / 4,)
    kept = {round(v) if whole else v for v in values if low <= v <= high}
    return sorted(kept - {own})


def searched(settings: DrawingSettings, kind: str) -> list[str]:
    """Return the names of the settings worth searching: a flat preset stays one."""
    left_out = () if kind == "jpeg" else _WITH_NOISE
    left_out += () if settings.gradients else _WITH_GRADIENTS
    return [name for name in SEARCHED if name not in left_out]


def suggest(trial: "optuna.Trial", names: Iterable[str]) -> dict[str, float]:
    """Draw each setting from its range."""
    values: dict[str, float] = {}
    for name in names:
        low, high = SEARCHED[name]
        if isinstance(low, int):
            values[name] = trial.suggest_int(name, low, int(high))
        else:
            values[name] = trial.suggest_float(name, low, high)
    return values


def _faults(job: tuple[Case, Preset, str]) -> float:
    logo, preset, kind = job
    return measure(logo, preset, kind, _truth(logo, kind)).faults


@lru_cache(_KNOWN)
def _truth(logo: Case, kind: str) -> Truth | None:
    return truth_of(logo, kind)
