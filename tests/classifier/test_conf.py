from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.test import SimpleTestCase, override_settings

from classifier.conf import SETTINGS, conf, settings_table

DOCS = Path(__file__).resolve().parents[2] / "docs" / "operations.md"


class ConfTests(SimpleTestCase):
    def test_a_setting_that_a_host_leaves_out_has_its_default(self):
        with override_settings():
            del settings.CLASSIFIER_ANONYMOUS_RATE
            self.assertEqual(conf.ANONYMOUS_RATE, "300/min")

    def test_text_from_the_environment_is_read_as_the_type(self):
        for name, text, value in (
            ("MAX_PIXELS", "4000", 4000),
            ("SHADOW_SHARE", "0.5", 0.5),
            ("COLLECT_PROPOSALS", "True", True),
            ("COLLECT_PROPOSALS", "0", False),
            ("TRAFFIC_DAYS", "", 30),
        ):
            with (
                self.subTest(name=name, text=text),
                override_settings(**{f"CLASSIFIER_{name}": text}),
            ):
                self.assertEqual(getattr(conf, name), value)

    def test_text_that_is_no_such_value_is_refused_by_name(self):
        for name in ("MAX_PIXELS", "COLLECT_PROPOSALS"):
            with (
                override_settings(**{f"CLASSIFIER_{name}": "many"}),
                self.assertRaisesMessage(ImproperlyConfigured, f"CLASSIFIER_{name}='many'"),
            ):
                getattr(conf, name)

    @override_settings(CLASSIFIER_ROOT=None)
    def test_a_setting_without_default_has_to_be_set(self):
        with self.assertRaisesMessage(ImproperlyConfigured, "CLASSIFIER_ROOT must be set"):
            _ = conf.ROOT

    def test_an_unknown_name_is_an_error(self):
        with self.assertRaises(AttributeError):
            _ = conf.COLOUR

    def test_the_docs_have_every_setting(self):
        self.assertIn(settings_table(), DOCS.read_text())
        self.assertEqual(len({setting.name for setting in SETTINGS}), len(SETTINGS))
