"""Rights on models that came after the roles: who sees them, and who imports datasets."""

from django.contrib.auth.management import create_permissions
from django.db import migrations

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


def grant(apps, schema_editor):
    # Permissions are made after all migrations; the groups need them now.
    config = apps.get_app_config("classifier")
    config.models_module = True
    create_permissions(config, verbosity=0, apps=apps)
    config.models_module = None
    permissions = apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label="classifier"
    )
    for name, codenames in ROLES.items():
        group = apps.get_model("auth", "Group").objects.filter(name=name).first()
        if group:  # somebody may have deleted it
            group.permissions.add(*permissions.filter(codename__in=codenames))


class Migration(migrations.Migration):
    dependencies = [("classifier", "0009_claimed_work")]
    # Groups may have other rights by the time of a reversal: they stay.
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
