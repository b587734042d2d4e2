import torch
from django.test import SimpleTestCase

from classifier.training.augmentation import augment, choose_backgrounds, compose, mix


def disc(colour, side=80):
    """A disc of one colour on a transparent square, uint8 [side, side, 4]."""
    axis = torch.arange(side) - side / 2 + 0.5
    inside = (axis[:, None] ** 2 + axis[None] ** 2) < (side * 0.4) ** 2
    pixels = torch.zeros((side, side, 4), dtype=torch.uint8)
    pixels[inside] = torch.tensor([*colour, 255], dtype=torch.uint8)
    return pixels


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


class AugmentTests(SimpleTestCase):
    def setUp(self):
        self.pixels = torch.stack([disc((200, 30, 30)), disc((20, 20, 20))] * 8)
        self.backgrounds = torch.ones(16, 3)

    def views(self, strength=1.0, seed=0, flip=False):
        return augment(self.pixels, self.backgrounds, 64, strength, generator(seed), flip)

    def test_views_fit_the_network(self):
        views = self.views(strength=2.0)
        self.assertEqual(views.shape, (16, 3, 64, 64))
        self.assertEqual(views.dtype, torch.float32)
        self.assertGreaterEqual(views.min().item(), 0)
        self.assertLessEqual(views.max().item(), 1)
        self.assertTrue(views.is_contiguous(memory_format=torch.channels_last))

    def test_a_seed_repeats_the_views(self):
        self.assertTrue(torch.equal(self.views(seed=3), self.views(seed=3)))
        self.assertFalse(torch.equal(self.views(seed=3), self.views(seed=4)))

    def test_no_strength_changes_nothing_but_the_size(self):
        views = self.views(strength=0.0)
        plain = torch.nn.functional.interpolate(
            compose(self.pixels, self.backgrounds), (64, 64), mode="bilinear"
        )
        self.assertLess((views - plain).abs().max().item(), 0.01)

    def test_views_of_one_image_differ(self):
        views = self.views()
        self.assertFalse(torch.equal(views[0], views[2]))

    def test_new_area_takes_the_background(self):
        self.backgrounds = torch.tensor([[0.0, 0.5, 0.0]]).repeat(16, 1)
        pixels = torch.stack([disc((200, 30, 30))] * 16)
        from classifier.training.augmentation import change_geometry

        images = compose(pixels, self.backgrounds)
        moved = change_geometry(images, 64, 2.0, generator(1), flip=False)
        corners = moved[:, :, [0, 0, -1, -1], [0, -1, 0, -1]]
        self.assertLess((corners - torch.tensor([0.0, 0.5, 0.0]).view(1, 3, 1)).abs().max(), 0.01)

    def test_flip_is_off_unless_asked_for(self):
        arrow = torch.zeros((64, 64, 64, 4), dtype=torch.uint8)
        arrow[:, 16:48, 8:24] = torch.tensor([10, 10, 10, 255], dtype=torch.uint8)
        backgrounds = torch.ones(64, 3)

        def left_heavy(flip):
            views = augment(arrow, backgrounds, 64, 0.3, generator(), flip)
            ink = (views - views[:, :, :1, :1]).abs().sum(1)
            return (ink[:, :, :32].sum((1, 2)) > ink[:, :, 32:].sum((1, 2))).float().mean().item()

        self.assertEqual(left_heavy(flip=False), 1.0)
        self.assertTrue(0.2 < left_heavy(flip=True) < 0.8)


class ChooseBackgroundsTests(SimpleTestCase):
    def test_ink_stays_visible(self):
        for colour in ((255, 255, 255), (0, 0, 0), (128, 128, 128)):
            pixels = torch.stack([disc(colour)] * 64)
            own = torch.tensor([[0.9, 0.1, 0.1]]).repeat(64, 1)
            chosen = choose_backgrounds(pixels, own, 1.0, generator())
            distance = (chosen - torch.tensor(colour) / 255).abs().amax(1)
            self.assertGreater(distance.min().item(), 0.1)
            self.assertGreater((chosen != own).any(1).float().mean().item(), 0.3)

    def test_a_new_background_shows_the_ink_in_grey_too(self):
        pixels = torch.stack([disc((30, 90, 220))] * 256)
        own = torch.tensor([[1.0, 0.5, 0.0]]).repeat(256, 1)
        chosen = choose_backgrounds(pixels, own, 1.0, generator())
        luma = torch.tensor([0.299, 0.587, 0.114])
        difference = chosen @ luma - torch.tensor([30, 90, 220]) / 255 @ luma
        self.assertGreater(difference.abs().min().item(), 0.05)

    def test_no_probability_keeps_every_background(self):
        pixels = torch.stack([disc((9, 9, 9))] * 8)
        own = torch.rand((8, 3), generator=generator())
        self.assertTrue(torch.equal(choose_backgrounds(pixels, own, 0.0, generator()), own))


SEED = 5  # draws a partner other than itself for every image, and a box of some size


class MixTests(SimpleTestCase):
    def setUp(self):
        self.images = torch.arange(4.0).view(4, 1, 1, 1).expand(4, 3, 8, 8).contiguous()
        self.targets = torch.eye(4)

    def mixed(self, mixup, cutmix):
        return mix(self.images, self.targets, mixup, cutmix, generator(SEED))

    def test_it_is_off_by_default(self):
        images, targets = self.mixed(0.0, 0.0)
        self.assertTrue(torch.equal(images, self.images))
        self.assertTrue(torch.equal(targets, self.targets))

    def test_targets_follow_the_pixels(self):
        values = torch.arange(4.0)
        for mixup, cutmix in ((1.0, 0.0), (0.0, 1.0)):
            images, targets = self.mixed(mixup, cutmix)
            self.assertFalse(torch.equal(images, self.images))
            expected = (targets * values).sum(1)
            self.assertTrue(torch.allclose(images.mean((1, 2, 3)), expected, atol=1e-5))

    def test_cutmix_pastes_a_box(self):
        images, _ = self.mixed(0.0, 1.0)
        self.assertEqual(set(images.unique().tolist()), {0.0, 1.0, 2.0, 3.0})


class QuarterTurnTests(SimpleTestCase):
    def test_some_images_are_turned_to_either_side(self):
        from classifier.training.augmentation import quarter_turns

        images = torch.zeros((400, 3, 8, 8))
        images[:, :, 0, 1:3] = 1  # at the top, to the left
        turned = quarter_turns(images.clone(), 1.0, generator())
        upright = (turned[:, 0, 0, 1] == 1).float().mean().item()
        left = (turned[:, 0, 5:7, 0] == 1).all(1).float().mean().item()
        right = (turned[:, 0, 1:3, -1] == 1).all(1).float().mean().item()
        self.assertAlmostEqual(upright + left + right, 1)
        self.assertTrue(0.01 < left < 0.1 and 0.01 < right < 0.1)
