from django.contrib.auth import get_user_model
from django.test import TestCase
from django.urls import reverse

from classifier.models import Delivery, Subscription
from converter.models import AuditEntry
from tests.support.builders import make_admin


class NoticesPageTests(TestCase):
    def setUp(self):
        self.client.force_login(make_admin())

    def post(self, name, *args, **values):
        address = reverse(f"dashboard:{name}", args=args)
        return self.client.post(address, values, follow=True)

    def subscribe(self, **values):
        values = {"channel": "webhook", "address": "https://example.org/", "event": ["drift"]} | (
            values
        )
        return self.post("notice_subscribe", **values)

    def test_an_empty_page_says_what_to_do(self):
        response = self.client.get(reverse("dashboard:notices"))
        self.assertContains(response, "Add a mail address or a webhook below")
        self.assertContains(response, "Nothing was sent yet")

    def test_a_webhooks_key_is_shown_once_and_nowhere_else(self):
        response = self.subscribe()
        key = Subscription.objects.get().secret
        self.assertContains(response, f"whsec_{key}")
        self.assertNotContains(self.client.get(reverse("dashboard:notices")), key)
        self.assertFalse(AuditEntry.objects.filter(values__icontains=key).exists())

    def test_a_refusal_is_told(self):
        response = self.subscribe(address="http://169.254.169.254/latest/")
        self.assertContains(response, "An address starts with https://")
        self.assertFalse(Subscription.objects.exists())

    def test_a_trial_is_in_the_log(self):
        self.subscribe(channel="mail", address="a@example.org")
        row = Subscription.objects.get()
        response = self.post("notice_try", row.pk)
        self.assertContains(response, "A trial")
        self.assertContains(response, "waiting")
        self.assertEqual(Delivery.objects.get().subscription, row)

    def test_a_subscription_ends(self):
        self.subscribe()
        self.post("notice_unsubscribe", Subscription.objects.get().pk)
        self.assertFalse(Subscription.objects.exists())

    def test_staff_without_the_right_see_and_change_nothing(self):
        user = get_user_model().objects.create_user("staff", is_staff=True)
        self.client.force_login(user)
        self.assertEqual(self.client.get(reverse("dashboard:notices")).status_code, 403)
        self.assertEqual(self.subscribe().status_code, 403)
