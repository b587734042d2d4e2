"""Rights on the rows of ensembles, variants and previews: every role sees them."""

from django.db import migrations

from classifier.migrations._rights import grant

VIEW = ("view_augmentationpreview", "view_ensemblebuild", "view_variantmeasurement")
ROLES = {"viewer": VIEW, "trainer": VIEW, "releaser": VIEW}


def grant_roles(apps, schema_editor):
    grant(apps, ROLES)


class Migration(migrations.Migration):
    dependencies = [("classifier", "0015_all_work_has_rows")]
    # Groups may have other rights by the time of a reversal: they stay.
    operations = [migrations.RunPython(grant_roles, migrations.RunPython.noop)]
