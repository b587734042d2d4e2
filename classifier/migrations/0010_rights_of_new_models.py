"""Rights on models that came after the roles: who sees them, and who imports datasets."""

from django.db import migrations

from classifier.migrations._rights import grant

VIEW = (
    "view_evaluationjob",
    "view_prediction",
    "view_liveprediction",
    "view_shadowprediction",
    "view_ratetest",
    "view_modelvariant",
)
ROLES = {
    "viewer": VIEW,
    "trainer": (*VIEW, "add_dataset", "add_evaluationjob", "change_evaluationjob", "add_ratetest"),
    "releaser": VIEW,
}


def grant_roles(apps, schema_editor):
    grant(apps, ROLES)


class Migration(migrations.Migration):
    dependencies = [("classifier", "0009_claimed_work")]
    # Groups may have other rights by the time of a reversal: they stay.
    operations = [migrations.RunPython(grant_roles, migrations.RunPython.noop)]
