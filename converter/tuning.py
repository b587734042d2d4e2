"""Searching the tracer settings of a logo type, judged by the logos' vector sources."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from statistics import fmean
from typing import TYPE_CHECKING, Any

from converter.benchmarks.logos import FORMATS, Truth, measure
from converter.presets import GENERAL, PRESETS, Preset
from converter.vectorizer.settings import CurveSettings

if TYPE_CHECKING:
    import optuna

Mapper = Callable[..., Iterable[float]]


def tune(
    logos: list[Truth], start: Preset, trials: int, seed: int, mapper: Mapper = map
) -> dict[str, Any]:
    """Search for the settings with the highest mean score (see `converter.quality`).

    Akiba et al., "Optuna: A Next-generation Hyperparameter Optimization Framework", 2019. The
    first trial is `start` itself.

    Args:
        logos: what is traced, as PNG and as JPEG.
        start: the preset to improve.
        trials: how many settings are tried.
        seed: of the search.
        mapper: how many tracings are done: `map`, or that of a pool.

    Returns:
        the settings found, their score, and the score of `start`.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)

    def objective(trial: "optuna.Trial") -> float:
        settings = replace(start.settings, **suggest(trial))
        preset = replace(start, settings=settings)
        jobs = [(logo, preset, kind) for logo in logos for kind in FORMATS]
        return fmean(mapper(_score, jobs))

    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed))
    names = asdict(start.settings)
    study.enqueue_trial({name: names[name] for name in SEARCHED})
    study.optimize(objective, n_trials=trials)
    return {
        "settings": study.best_params,
        "score": study.best_value,
        "score_before": study.trials[0].value,
        "trials": trials,
        "logos": len(logos),
    }


SEARCHED: dict[str, tuple[float, float]] = {
    "flat_colours": (4, 64),
    "merge_distance": (8.0, 40.0),
    "gradient_error": (0.0, 12.0),
    "patch_side": (0.25, 2.0),
    "tolerance": (0.06, 0.4),
    "corner_degrees": (30, 80),
    "corner_arm": (1.0, 3.0),
}


def suggest(trial: "optuna.Trial") -> dict[str, float]:
    """Draw each setting from its range."""
    return {
        name: trial.suggest_int(name, int(low), int(high))
        if isinstance(low, int)
        else trial.suggest_float(name, low, high)
        for name, (low, high) in SEARCHED.items()
    }


def curve_preset(logo_type: str) -> Preset:
    """Return the preset that a search for a type (or for all of them) begins with."""
    preset = PRESETS.get(logo_type, PRESETS[GENERAL])
    assert isinstance(preset.settings, CurveSettings)
    return preset


def _score(job: tuple[Truth, Preset, str]) -> float:
    return measure(*job).quality.score
