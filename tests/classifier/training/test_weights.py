from unittest import TestCase

import torch

from classifier.training.backbones import build_features


class Lite0WeightsTest(TestCase):
    def test_activations_of_the_last_layer_are_those_of_a_trained_network(self):
        # With kernels in the wrong order the activations run into ReLU6's limit: a mean over 2.
        features = build_features("efficientnet_lite0").eval()
        generator = torch.Generator().manual_seed(0)
        images = torch.randn(4, 3, 128, 128, generator=generator)
        with torch.no_grad():
            mean = features(images).mean().item()
        self.assertGreater(mean, 0.02)
        self.assertLess(mean, 0.6)
