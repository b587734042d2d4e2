"""What a pretrained backbone sees in logos, before any training on them."""

from collections.abc import Iterable, Iterator

import numpy as np
import torch

from classifier.training.config import TrainingConfig
from classifier.training.model import build_model


@torch.inference_mode()
def backbone_features(batches: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    """Yield float32 [N, K] for each batch: what the head of a fresh Lite0 would see.

    Args:
        batches: uint8 RGB [N, S, S, 3].

    Raises:
        WeightsError: if the pretrained weights cannot be used.
    """
    model = build_model(TrainingConfig(backbone="efficientnet_lite0", pooling="multi_scale")).eval()
    for batch in batches:
        images = torch.from_numpy(batch).permute(0, 3, 1, 2).float() / 255
        activations = model.prefix(images, len(model.features))
        yield torch.cat([activations.maps.flatten(1), activations.pooled], 1).numpy()
