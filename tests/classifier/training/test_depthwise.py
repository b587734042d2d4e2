import copy

import torch
from django.test import SimpleTestCase
from torch import nn

from classifier.training.depthwise import DepthwiseConv2d, quicken_depthwise
from classifier.training.lite0 import lite0_features


def gradients(layer, images, half):
    """Return the answer, and the gradients of images and weights."""
    images = images.clone().requires_grad_()
    with torch.autocast("cpu", torch.bfloat16, enabled=half):
        answer = layer(images)
    answer.float().square().sum().backward()
    weight, layer.weight.grad = layer.weight.grad, None
    return answer, images.grad, weight


class DepthwiseTests(SimpleTestCase):
    def setUp(self):
        torch.manual_seed(0)
        self.layer = nn.Conv2d(6, 6, 5, stride=2, padding=2, groups=6, bias=False)
        self.images = torch.randn(2, 6, 9, 9)
        self.quick = copy.deepcopy(self.layer)
        quicken_depthwise(self.quick)

    def test_answers_and_gradients_are_those_of_the_layer_it_replaces(self):
        self.assertIsInstance(self.quick, DepthwiseConv2d)
        theirs = gradients(self.layer, self.images, half=False)
        for name, own, other in zip(
            ("answer", "images", "weight"),
            gradients(self.quick, self.images, half=True),
            theirs,
            strict=True,
        ):
            with self.subTest(name):
                difference = (own.float() - other).norm() / other.norm()
                self.assertLess(difference, 0.02)
                self.assertEqual(own.dtype, torch.bfloat16 if name == "answer" else torch.float32)

    def test_without_half_precision_nothing_changes(self):
        for own, other in zip(
            gradients(self.quick, self.images, half=False),
            gradients(self.layer, self.images, half=False),
            strict=True,
        ):
            self.assertTrue(torch.equal(own, other))

    def test_a_network_keeps_its_weights_and_their_names(self):
        network = lite0_features()
        before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
        quicken_depthwise(network)
        after = network.state_dict()
        self.assertEqual(before.keys(), after.keys())
        self.assertTrue(all(torch.equal(before[name], after[name]) for name in before))
        kinds = [isinstance(module, DepthwiseConv2d) for module in network.modules()]
        self.assertEqual(sum(kinds), 16)
