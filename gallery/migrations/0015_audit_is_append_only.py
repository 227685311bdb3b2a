"""The audit trail is added to and never changed, whoever asks: but an account that goes takes its name along."""

from typing import Any

from django.db import migrations

# A later change of this table on SQLite remakes it without its triggers: make them again there.
SAME = " AND ".join(f"NEW.{name} IS OLD.{name}" for name in ("id", "at", "action", "kind", "subject", "detail"))
SQLITE = (
    f"""CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON gallery_auditentry
        WHEN NOT (NEW.actor_id IS NULL AND {SAME})
        BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END""",
    """CREATE TRIGGER audit_is_never_removed BEFORE DELETE ON gallery_auditentry
        BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END""",
)
POSTGRESQL = """
CREATE FUNCTION gallery_audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'UPDATE' AND NEW.actor_id IS NULL
            AND to_jsonb(NEW) - 'actor_id' = to_jsonb(OLD) - 'actor_id' THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'the audit trail is append-only';
    END $$;
CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE ON gallery_auditentry
    FOR EACH ROW EXECUTE FUNCTION gallery_audit_is_append_only()
"""


def lock(apps: Any, schema_editor: Any) -> None:
    of_postgresql = schema_editor.connection.vendor == "postgresql"
    for statement in (POSTGRESQL,) if of_postgresql else SQLITE:
        schema_editor.execute(statement)


def unlock(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION gallery_audit_is_append_only() CASCADE")
        return
    for trigger in ("audit_is_never_changed", "audit_is_never_removed"):
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {trigger}")


class Migration(migrations.Migration):

    dependencies = [
        ('gallery', '0014_rejected_for'),
    ]

    operations = [migrations.RunPython(lock, unlock)]
