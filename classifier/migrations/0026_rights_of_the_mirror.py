"""Rights on what an MLflow server was told: every role sees it."""

from django.db import migrations

from classifier.migrations._rights import grant

VIEW = ("view_mirroredrow", "view_mirrorlease")
ROLES = {"viewer": VIEW, "trainer": VIEW, "releaser": VIEW}


def grant_roles(apps, schema_editor):
    grant(apps, ROLES)


class Migration(migrations.Migration):
    dependencies = [("classifier", "0025_mirror")]
    # Groups may have other rights by the time of a reversal: they stay.
    operations = [migrations.RunPython(grant_roles, migrations.RunPython.noop)]
