"""What a pretrained network sees in logos: computed once for each, and kept."""

import io
import logging
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from classifier.conf import conf
from classifier.datasets.images import BATCH, prepared_batches
from classifier.lib.files import write_whole
from classifier.lib.progress import Tell, silent

logger = logging.getLogger(__name__)
_INPUT_SIZE = 128
_STORE = "lite0-128.npz"  # its name changes when features are made otherwise
_LARGEST = np.finfo(np.float16).max


class Pictured(Protocol):
    """Whatever has an image file, a background to show it on, and a hash that tells it apart."""

    file: Path
    background: str
    sha256: str


def features_of(logos: Sequence[Pictured], tell: Tell = silent) -> np.ndarray:
    """Return float32 [N, K]: what an ImageNet Lite0 that was never trained on logos sees.

    `tell` hears of the share done, 0 to 1; what it raises ends the work.

    Raises:
        WeightsError: if the pretrained weights cannot be used.
        UnreadableImageError: if an image is broken or gone.
    """
    known = _load()
    keys = [_key(logo) for logo in logos]
    missing = {key: logo for key, logo in zip(keys, logos, strict=True) if key not in known}
    if missing:
        known |= _seen(missing, tell)
        _save(known)
    return np.stack([known[key] for key in keys]).astype(np.float32)


def _seen(logos: dict[str, Pictured], tell: Tell) -> dict[str, np.ndarray]:
    from classifier.training.features import backbone_features

    found: list[np.ndarray] = []
    for rows in backbone_features(prepared_batches(list(logos.values()), _INPUT_SIZE)):
        found.extend(np.clip(rows, -_LARGEST, _LARGEST).astype(np.float16))
        tell(len(found) / max(len(logos), BATCH))
    return dict(zip(logos, found, strict=True))


def _key(logo: Pictured) -> str:
    return f"{logo.sha256}{logo.background}"


def _path() -> Path:
    return Path(conf.ROOT) / "features" / _STORE


def _load() -> dict[str, np.ndarray]:
    try:
        with np.load(_path(), allow_pickle=False) as stored:
            return dict(zip(stored["keys"].tolist(), stored["values"], strict=True))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        logger.warning("The stored features cannot be read and are made anew: %s", error)
        return {}


def _save(known: dict[str, np.ndarray]) -> None:
    file = io.BytesIO()
    np.savez(file, keys=np.array(list(known)), values=np.stack(list(known.values())))
    write_whole(_path(), file.getvalue())
