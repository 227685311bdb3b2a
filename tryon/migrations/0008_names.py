"""New names in the code for what the tables hold under their first ones: no table changes."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

BEFORE, AFTER = "line", "circuitbreaker"


def _rename(apps: Apps, database: str, old: str, new: str) -> None:
    """What staff may do goes along with the name."""
    apps.get_model("contenttypes", "ContentType").objects.using(database).filter(
        app_label="tryon", model=old
    ).update(model=new)
    permissions = apps.get_model("auth", "Permission").objects.using(database)
    for action in ("add", "change", "delete", "view"):
        permissions.filter(content_type__app_label="tryon", codename=f"{action}_{old}").update(
            codename=f"{action}_{new}"
        )


def forwards(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    _rename(apps, editor.connection.alias, BEFORE, AFTER)


def backwards(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    _rename(apps, editor.connection.alias, AFTER, BEFORE)


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("tryon", "0007_attempt_sent"),
    ]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterModelTable("line", "tryon_line"),
                migrations.RenameModel("Line", "CircuitBreaker"),
                migrations.AlterModelOptions("circuitbreaker", {"verbose_name": "connection"}),
                migrations.RenameField("tryoninput", "slot", "role"),
                migrations.AlterField(
                    "tryoninput", "role", models.CharField(db_column="slot", max_length=10)
                ),
                migrations.RenameField("tryoninput", "wear", "fit"),
                migrations.AlterField(
                    "tryoninput", "fit", models.CharField(blank=True, db_column="wear", max_length=10)
                ),
            ],
        ),
        migrations.RunPython(forwards, backwards),
    ]
