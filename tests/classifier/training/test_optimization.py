from django.test import SimpleTestCase

from classifier.training.config import TrainingConfig
from classifier.training.model import build_model
from classifier.training.optimization import build_optimizer, rate_share, set_rates


class RateShareTests(SimpleTestCase):
    def test_one_cycle_rises_and_falls(self):
        shares = [rate_share("one_cycle", step / 20) for step in range(21)]
        self.assertAlmostEqual(shares[0], 0.04)
        self.assertEqual(shares.index(max(shares)), 5)
        self.assertAlmostEqual(max(shares), 1.0)
        self.assertAlmostEqual(shares[-1], 0.001)

    def test_cosine_falls_only(self):
        shares = [rate_share("cosine", step / 20) for step in range(21)]
        self.assertEqual(shares, sorted(shares, reverse=True))
        self.assertAlmostEqual(shares[0], 1.0)

    def test_constant_stays(self):
        self.assertEqual({rate_share("constant", step / 20) for step in range(21)}, {1.0})


class BuildOptimizerTests(SimpleTestCase):
    def setUp(self):
        self.config = TrainingConfig(backbone="efficientnet_lite0", backbone_rate_factor=0.1)
        self.model = build_model(self.config)

    def test_the_backbone_learns_more_slowly(self):
        optimizer = build_optimizer(self.config, self.model, first_group=6)
        set_rates(optimizer, 0.5)
        rates = {id(p): g["lr"] for g in optimizer.param_groups for p in g["params"]}
        self.assertEqual(rates[id(self.model.head[1].weight)], 0.5)
        self.assertAlmostEqual(rates[id(self.model.features[8][0].weight)], 0.05)

    def test_frozen_groups_are_left_out(self):
        optimizer = build_optimizer(self.config, self.model, first_group=6)
        held = {id(p) for g in optimizer.param_groups for p in g["params"]}
        self.assertNotIn(id(self.model.features[5][0].block[0][0].weight), held)

    def test_norms_and_biases_do_not_decay(self):
        optimizer = build_optimizer(self.config, self.model, first_group=0)
        for group in optimizer.param_groups:
            for parameter in group["params"]:
                self.assertEqual(group["weight_decay"] > 0, parameter.ndim > 1)
