"""Rights on retrainings: every role sees them, trainers set the schedule.

Notices tell programs outside: only superusers subscribe until somebody grants that in the admin.
"""

from django.db import migrations

from classifier.migrations._rights import grant

VIEW = ("view_retraining", "view_retrainingschedule")
ROLES = {
    "viewer": VIEW,
    "trainer": (*VIEW, "change_retrainingschedule"),
    "releaser": VIEW,
}


def grant_roles(apps, schema_editor):
    grant(apps, ROLES)


class Migration(migrations.Migration):
    dependencies = [("classifier", "0021_retraining_and_notices")]
    # Groups may have other rights by the time of a reversal: they stay.
    operations = [migrations.RunPython(grant_roles, migrations.RunPython.noop)]
