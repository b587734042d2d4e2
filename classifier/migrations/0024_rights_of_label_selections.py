"""Rights on the logos to label next: every role sees them."""

from django.db import migrations

from classifier.migrations._rights import grant

VIEW = ("view_labelselection", "view_selectedlogo")
ROLES = {"viewer": VIEW, "trainer": VIEW, "releaser": VIEW}


def grant_roles(apps, schema_editor):
    grant(apps, ROLES)


class Migration(migrations.Migration):
    dependencies = [("classifier", "0023_label_selections")]
    # Groups may have other rights by the time of a reversal: they stay.
    operations = [migrations.RunPython(grant_roles, migrations.RunPython.noop)]
