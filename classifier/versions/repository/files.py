"""The files of a model repository: card, graph, weights, preprocessing, a script that answers."""

import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from classifier.images.reading import room_for
from classifier.inference import preprocessing
from classifier.inference.manifest import (
    MANIFEST_NAME,
    Manifest,
    read_manifest,
    verified_bytes,
)
from classifier.logo_types import CLASS_NAMES
from classifier.models import ModelVersion
from classifier.versions.registry import HALF_WEIGHTS
from classifier.versions.repository.card import model_card

_SCRIPT = Path(__file__).with_name("classify.py.txt")
_REQUIREMENTS = "numpy>=2\nonnxruntime>=1.20\npillow>=11\n"
_LARGE = "".join(
    f"*.{suffix} filter=lfs diff=lfs merge=lfs -text\n" for suffix in ("onnx", "safetensors")
)
_HEAD = '''"""From an image file to the model's input, as the model was trained and serves."""

import numpy as np
from PIL import Image, ImageChops, ImageColor, ImageOps


ROOM = {room}


def open_image(path, size):
    """Return an image file upright, with its transparency (RGBA); big ones are shrunk first."""
    image = ImageOps.exif_transpose(Image.open(path)).convert("RGBA")
    room, side = ROOM * size, max(image.size)
    return image.reduce(side // room) if side >= 2 * room else image


'''
_OWN_IMPORTS = re.compile(r"\A.*?(?=^_BACKGROUNDS)", re.DOTALL | re.MULTILINE)


# What of a repository is no part of the version: an import leaves these out.
BESIDE = frozenset(
    {
        "README.md",
        "classify.py",
        "preprocessing.py",
        "preprocessor_config.json",
        "config.json",
        "requirements.txt",
        ".gitattributes",
    }
)


def write_repository(version: ModelVersion, file: BinaryIO) -> None:
    """Write a version's repository as a zip with one folder.

    Raises:
        ModelError: if a file of the version is missing or does not match its hash.
    """
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:  # weights hardly compress
        for name, content in repository_files(version):
            archive.writestr(f"{version.name}/{name}", content)


def repository_files(version: ModelVersion) -> Iterator[tuple[str, bytes]]:
    """Yield the files of a version's repository by name.

    Raises:
        ModelError: as `write_repository`.
    """
    folder = version.folder
    manifest = read_manifest(folder)
    names = [name for name in manifest.files if _is_there(folder, version, name)]
    yield "README.md", model_card(version, manifest, names).encode()
    yield "config.json", _json(_config(manifest))
    yield "preprocessor_config.json", _json(_preprocessor(manifest))
    yield "preprocessing.py", standalone_preprocessing().encode()
    yield "classify.py", _SCRIPT.read_bytes()
    yield "requirements.txt", _REQUIREMENTS.encode()
    yield ".gitattributes", _LARGE.encode()
    kept = manifest.to_json() | {"files": {name: manifest.files[name] for name in names}}
    yield MANIFEST_NAME, _json(kept)
    for name in names:
        yield name, verified_bytes(folder, manifest, name)


def standalone_preprocessing() -> str:
    """Return the program's own preprocessing as a module that needs NumPy and Pillow alone."""
    source = Path(preprocessing.__file__).read_text()
    head = _HEAD.format(room=room_for(1))
    return _OWN_IMPORTS.sub(lambda match: head, source, count=1)


def _is_there(folder: Path, version: ModelVersion, name: str) -> bool:
    """Whether a file comes along: the wheel leaves a bundled version's weights out."""
    return not (version.bundled and name == HALF_WEIGHTS) or (folder / name).exists()


def _config(manifest: Manifest) -> dict[str, Any]:
    return {
        "model_type": "logo-classifier",
        "architectures": [manifest.backbone],
        "onnx": manifest.onnx,
        "input_size": manifest.input_size,
        "temperature": manifest.temperature,
        "class_names": list(CLASS_NAMES),
        "id2label": {str(index): name for index, name in enumerate(CLASS_NAMES)},
        "label2id": {name: index for index, name in enumerate(CLASS_NAMES)},
    }


def _preprocessor(manifest: Manifest) -> dict[str, Any]:
    size = manifest.input_size
    return {
        "image_processor_type": "logo-classifier: see preprocessing.py",
        "size": {"height": size, "width": size},
        "do_trim_uniform_border": True,
        "do_pad_to_square": "with the colour of the border",
        "resample": "bicubic",
        "data_format": "uint8 [batch, height, width, RGB]",
        "do_normalize": False,
        "normalisation_in_the_graph": {"mean": manifest.mean, "std": manifest.std},
    }


def _json(values: dict[str, Any]) -> bytes:
    return (json.dumps(values, indent=2) + "\n").encode()
