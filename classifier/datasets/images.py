"""A dataset's images as models see them."""

from collections.abc import Iterator, Sequence

import numpy as np

from classifier.conf import conf
from classifier.inference.preprocessing import prepare, read_image
from classifier.models import Sample

BATCH = 64


def prepared_batches(samples: Sequence[Sample], size: int) -> Iterator[np.ndarray]:
    """Yield uint8 images [some, size, size, 3], preprocessed as in serving."""
    for start in range(0, len(samples), BATCH):
        images = [
            prepare(read_image(sample.file, conf.MAX_PIXELS), size, sample.background)
            for sample in samples[start : start + BATCH]
        ]
        yield np.stack(images)
