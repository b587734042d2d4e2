"""A running average of the weights, which usually generalises better than the last ones."""

import copy
from typing import Generic, TypeVar

import torch
from torch import Tensor, nn

Model = TypeVar("Model", bound=nn.Module)


class WeightAverage(Generic[Model]):
    """Exponential moving average of a model's parameters and statistics.

    The average follows quickly at first, so that short trainings gain from it too.

    Tarvainen and Valpola: Mean teachers are better role models (2017),
    https://arxiv.org/abs/1703.01780
    """

    def __init__(self, model: Model, decay: float, steps: int = 0) -> None:
        self.model = copy.deepcopy(model)
        self.model.requires_grad_(False)
        self.decay = decay
        self.steps = steps

    @torch.no_grad()
    def update(self, model: Model) -> None:
        """Take in the model's present weights."""
        self.steps += 1
        decay = min(self.decay, self.steps / (9 + self.steps))
        torch._foreach_lerp_(_floats(self.model), _floats(model), 1 - decay)


def _floats(model: nn.Module) -> list[Tensor]:
    return [tensor.detach() for tensor in model.state_dict().values() if tensor.is_floating_point()]
