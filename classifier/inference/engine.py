"""ONNX Runtime serving of one model version."""

import ctypes
import os
from contextlib import suppress
from pathlib import Path
from typing import Self

import numpy as np
import onnxruntime as ort

from classifier.inference.manifest import (
    CorruptModelError,
    IncompatibleModelError,
    Manifest,
    read_manifest,
    verified_bytes,
)
from classifier.logo_types import CLASS_NAMES

# Larger batches are cut: their activations leave the processor's caches, and take more memory.
_BATCH = 4


# The output, float32 [N], that is above 0 for what does not look like a logo; older
# graphs have none.
STRANGENESS = "strangeness"


class Engine:
    """A loaded model version. Safe to share between threads."""

    def __init__(self, manifest: Manifest, session: ort.InferenceSession) -> None:
        self.manifest = manifest
        self.milliseconds: float | None = None  # the router's running estimate for one image
        self._session = session
        self.knows_strangers = any(o.name == STRANGENESS for o in session.get_outputs())

    @classmethod
    def load(cls, folder: Path, threads: int = 1, file: str | None = None) -> Self:
        """Load the version in a folder, after checking its files against their hashes.

        Args:
            folder: see `manifest.py`.
            threads: how many cores one call may use. More than one makes a single image faster
                and costs memory; with several workers, one each is the better use of the cores.
            file: another of the version's graphs than the one that serves.

        Raises:
            MissingModelError: if a file is not there.
            CorruptModelError: if a file's content is not what the manifest says, or no ONNX graph.
            IncompatibleModelError: if the graph does not take and give what the manifest says.
        """
        manifest = read_manifest(folder)
        session = _session(verified_bytes(folder, manifest, file or manifest.onnx), threads)
        _check(session, manifest)
        engine = cls(manifest, session)
        engine._try_out()
        _release_freed_memory()
        return engine

    def logits(self, images: np.ndarray) -> np.ndarray:
        """Return float32 [N, 4] for uint8 RGB images [N, S, S, 3].

        Raises:
            ValueError: if the images have another shape or type.
        """
        return self._run(images, ["logits"])[0]

    def answers(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        """Return calibrated probabilities, as `probabilities` does, and what looks like a logo.

        The second is bool [N], or None for a version that cannot tell.

        Raises:
            ValueError: if the images have another shape or type.
        """
        if not self.knows_strangers:
            return self.probabilities(images), None
        logits, strangeness = self._run(images, ["logits", STRANGENESS])
        return self._calibrated(logits), strangeness <= 0

    def _run(self, images: np.ndarray, outputs: list[str]) -> list[np.ndarray]:
        size = self.manifest.input_size
        if images.dtype != np.uint8 or images.ndim != 4 or images.shape[1:] != (size, size, 3):
            raise ValueError(
                f"Images must be uint8 [N, {size}, {size}, 3], not {images.dtype} {images.shape}."
            )
        if len(images) == 0:
            shapes = {"logits": (0, len(CLASS_NAMES)), STRANGENESS: (0,)}
            return [np.zeros(shapes[name], np.float32) for name in outputs]
        images = np.ascontiguousarray(images)
        parts = [
            self._session.run(outputs, {"images": images[start : start + _BATCH]})
            for start in range(0, len(images), _BATCH)
        ]
        if len(parts) == 1:
            return parts[0]
        return [np.concatenate(values) for values in zip(*parts, strict=True)]

    def probabilities(self, batch: np.ndarray) -> np.ndarray:
        """Return calibrated probabilities, float32 [N, 4], for uint8 RGB images [N, S, S, 3].

        They are softmax(logits / temperature): see Guo et al., "On Calibration of Modern Neural
        Networks", 2017.

        Raises:
            ValueError: if the images have another shape or type.
        """
        return self._calibrated(self.logits(batch))

    def _calibrated(self, logits: np.ndarray) -> np.ndarray:
        scaled = logits / np.float32(self.manifest.temperature)
        exponentials = np.exp(scaled - scaled.max(axis=1, keepdims=True, initial=-np.inf))
        return exponentials / exponentials.sum(axis=1, keepdims=True)

    def _try_out(self) -> None:
        """Classify an empty image: a graph can load and still not run."""
        size = self.manifest.input_size
        try:
            answer = self.probabilities(np.zeros((1, size, size, 3), np.uint8))
        except Exception as error:  # ONNX Runtime's exceptions have no base of their own
            raise IncompatibleModelError(f"The model cannot be run: {error}") from error
        if answer.shape != (1, len(CLASS_NAMES)) or not np.isfinite(answer).all():
            raise IncompatibleModelError(
                f"The model must give {len(CLASS_NAMES)} finite logits per image."
            )


def _session(graph: bytes, threads: int) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Without the arena glibc maps and clears the activations' memory anew for each call, which
    # takes up to half of the time. It keeps the peak of the largest batch, which is small.
    options.enable_cpu_mem_arena = True
    # A graph may name weights in other files, outside the hashed ones: look where there are none.
    options.add_session_config_entry(
        "session.model_external_initializers_file_folder_path", os.devnull
    )
    try:
        return ort.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's exceptions have no base of their own
        raise CorruptModelError(f"The ONNX graph cannot be loaded: {error}") from error


def _release_freed_memory() -> None:
    """Give the system back what building the session freed: glibc would keep about 25 MB."""
    with suppress(OSError, AttributeError):  # other C libraries have no malloc_trim
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def _check(session: ort.InferenceSession, manifest: Manifest) -> None:
    size, classes = manifest.input_size, len(CLASS_NAMES)
    inputs = {value.name: value for value in session.get_inputs()}
    outputs = {value.name: value for value in session.get_outputs()}
    images, logits = inputs.get("images"), outputs.get("logits")
    if images is None or len(inputs) != 1 or logits is None:
        raise IncompatibleModelError("The graph must take `images` alone and give `logits`.")
    if images.type != "tensor(uint8)" or images.shape[1:] != [size, size, 3]:
        raise IncompatibleModelError(
            f"The graph takes {images.type} {images.shape}, not uint8 [N, {size}, {size}, 3]."
        )
    if isinstance(images.shape[0], int):
        raise IncompatibleModelError("The graph's batch size is fixed; it must be left open.")
    if logits.type != "tensor(float)" or logits.shape[1:] != [classes]:
        raise IncompatibleModelError(
            f"The graph gives {logits.type} {logits.shape}, not float32 [N, {classes}]."
        )
    if not (np.isfinite(manifest.temperature) and manifest.temperature > 0):
        raise IncompatibleModelError(f"The temperature {manifest.temperature} is not positive.")
