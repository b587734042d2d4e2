"""Groups for the classifier's roles. Their members need staff status, too."""

from django.contrib.auth.management import create_permissions
from django.db import migrations

MODELS = (
    "dataset",
    "sample",
    "labelcorrection",
    "trainingrun",
    "epochmetric",
    "modelversion",
    "evaluation",
)
VIEW = tuple(f"view_{model}" for model in MODELS)
ROLES = {
    "viewer": VIEW,
    "trainer": (
        *VIEW,
        "add_trainingrun",
        "change_trainingrun",
        "add_evaluation",
        "add_labelcorrection",
    ),
    "releaser": (*VIEW, "change_modelversion"),
}


def create_groups(apps, schema_editor):
    # Permissions are made after all migrations; the groups need them now.
    config = apps.get_app_config("classifier")
    config.models_module = True
    create_permissions(config, verbosity=0, apps=apps)
    config.models_module = None
    group_model = apps.get_model("auth", "Group")
    permission_model = apps.get_model("auth", "Permission")
    for name, codenames in ROLES.items():
        group, _ = group_model.objects.get_or_create(name=name)
        group.permissions.add(
            *permission_model.objects.filter(
                content_type__app_label="classifier", codename__in=codenames
            )
        )


class Migration(migrations.Migration):
    dependencies = [
        ("classifier", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    # Groups may have members and other rights by the time of a reversal: they stay.
    operations = [migrations.RunPython(create_groups, migrations.RunPython.noop)]
