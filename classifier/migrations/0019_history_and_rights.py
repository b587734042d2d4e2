"""What served before the history was kept, and every role's right to see the history.

Nobody but superusers may override the gate until somebody grants that in the admin.
"""

from django.db import migrations

from classifier.migrations._rights import grant

ROLES = dict.fromkeys(("viewer", "trainer", "releaser"), ("view_promotion",))


def reconstruct(apps, schema_editor):
    """Note each version that was ever promoted, from its last promotion to the next one's."""
    promotions = apps.get_model("classifier", "Promotion").objects
    versions = apps.get_model("classifier", "ModelVersion").objects
    known = list(versions.filter(promoted_at__isnull=False).order_by("promoted_at", "pk"))
    for version, successor in zip(known, [*known[1:], None]):
        promotions.create(
            version=version,
            version_name=version.name,
            at=version.promoted_at,
            ended_at=successor.promoted_at if successor else None,
            reason="From before the history was kept.",
        )


def grant_roles(apps, schema_editor):
    grant(apps, ROLES)


class Migration(migrations.Migration):
    dependencies = [("classifier", "0018_promotions")]
    operations = [
        migrations.RunPython(reconstruct, migrations.RunPython.noop),
        # Groups may have other rights by the time of a reversal: they stay.
        migrations.RunPython(grant_roles, migrations.RunPython.noop),
    ]
