from typing import Any

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


# What was booked stays as it was booked, whoever asks. A later change of this table on SQLite remakes it
# without its triggers: make them again there.
SQLITE = """
CREATE TRIGGER entry_is_never_changed BEFORE UPDATE ON tryon_entry
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER entry_is_never_removed BEFORE DELETE ON tryon_entry
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END
"""
POSTGRESQL = """
CREATE FUNCTION tryon_entry_is_append_only() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'the ledger is append-only'; END $$;
CREATE TRIGGER entry_is_append_only BEFORE UPDATE OR DELETE ON tryon_entry
    FOR EACH ROW EXECUTE FUNCTION tryon_entry_is_append_only()
"""


def lock(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRESQL)
        return
    for statement in SQLITE.split("END;"):
        schema_editor.execute(statement if statement.rstrip().endswith("END") else statement + "END")


def unlock(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION tryon_entry_is_append_only() CASCADE")
        return
    for trigger in ("entry_is_never_changed", "entry_is_never_removed"):
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {trigger}")


class Migration(migrations.Migration):

    dependencies = [
        ('tryon', '0004_site'),
    ]

    operations = [
        migrations.CreateModel(
            name='Entry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('kind', models.CharField(choices=[('opening', 'Carried over'), ('reserved', 'Set aside'), ('repriced', 'Set aside at another price'), ('released', 'Given back, nothing charged'), ('spent', 'Paid'), ('at_risk', 'Contact lost, perhaps charged'), ('settled_made', 'Settled as made'), ('settled_not_made', 'Settled as not made'), ('adopted', 'Paid, found later')], max_length=20)),
                ('model', models.CharField(max_length=100)),
                ('size', models.CharField(blank=True, max_length=10)),
                ('pictures', models.SmallIntegerField(default=0, help_text='that were paid for')),
                ('reserved_micros', models.BigIntegerField(default=0)),
                ('spent_micros', models.BigIntegerField(default=0)),
                ('at_risk_micros', models.BigIntegerField(default=0)),
            ],
            options={
                'verbose_name': 'ledger entry',
                'verbose_name_plural': 'ledger',
            },
        ),
        migrations.AddField(
            model_name='generation',
            name='settled',
            field=models.CharField(blank=True, choices=[('made', 'Made, and lost on the way'), ('not_made', 'Not made')], db_default='', max_length=10),
        ),
        migrations.AlterField(
            model_name='attempt',
            name='status',
            field=models.CharField(choices=[('sending', 'Sending'), ('ok', 'Answered'), ('refused', 'Answered without a picture'), ('rejected', 'Rejected'), ('unbilled', 'Nothing made'), ('unknown', 'Outcome unknown'), ('settled_made', 'Settled as made'), ('settled_not_made', 'Settled as not made')], default='sending', max_length=20),
        ),
        migrations.AlterField(
            model_name='line',
            name='reason',
            field=models.CharField(choices=[('key', 'The gateway does not accept the key'), ('balance', 'The gateway account has no balance'), ('forbidden', 'The key may not use this model'), ('unknown_model', 'The gateway does not know this model'), ('retired', 'The model was retired'), ('rate_limited', 'The gateway asked us to slow down'), ('unreachable', 'The gateway cannot be reached'), ('silent', 'The gateway takes calls and does not answer them'), ('staff', 'Stopped by staff')], max_length=15),
        ),
        migrations.AddConstraint(
            model_name='generation',
            constraint=models.CheckConstraint(condition=models.Q(('status', 'unknown'), ('settled', ''), _connector='OR'), name='generation_settled_is_unknown'),
        ),
        migrations.AddField(
            model_name='entry',
            name='attempt',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='tryon.attempt'),
        ),
        migrations.AddField(
            model_name='entry',
            name='generation',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='tryon.generation'),
        ),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(fields=['at'], name='entry_at'),
        ),
        migrations.RunPython(lock, unlock),
        migrations.CreateModel(
            name='Unknown',
            fields=[
            ],
            options={
                'verbose_name': 'unknown outcome',
                'proxy': True,
                'indexes': [],
                'constraints': [],
            },
            bases=('tryon.generation',),
        ),
    ]
