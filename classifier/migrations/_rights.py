"""What migrations that give the roles rights share. Django takes no name with a leading underscore
for a migration.
"""

from django.contrib.auth.management import create_permissions


def grant(apps, roles):
    """Give groups, by name, rights on the classifier's models, by codename."""
    # Permissions are made after all migrations; the groups need them now.
    config = apps.get_app_config("classifier")
    config.models_module = True
    create_permissions(config, verbosity=0, apps=apps)
    config.models_module = None
    permissions = apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label="classifier"
    )
    for name, codenames in roles.items():
        group = apps.get_model("auth", "Group").objects.filter(name=name).first()
        if group:  # somebody may have deleted it
            group.permissions.add(*permissions.filter(codename__in=codenames))
