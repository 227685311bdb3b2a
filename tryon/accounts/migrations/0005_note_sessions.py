"""The browsers that were logged in before sessions were noted stand in the list of their account, too."""

from typing import Any

from django.contrib.sessions.backends.db import SessionStore
from django.db import migrations
from django.utils import timezone


def note(apps: Any, schema_editor: Any) -> None:
    sessions = apps.get_model("sessions", "Session").objects.filter(expire_date__gt=timezone.now())
    users = apps.get_model("accounts", "User").objects
    noted = apps.get_model("usersessions", "UserSession").objects
    for session in sessions.iterator():
        user = SessionStore().decode(session.session_data).get("_auth_user_id", "")
        if str(user).isdecimal() and users.filter(pk=user).exists():
            noted.get_or_create(
                session_key=session.session_key,
                defaults={"user_id": int(user), "ip": "0.0.0.0", "user_agent": ""},
            )


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_mail_choices"),
        ("sessions", "0001_initial"),
        ("usersessions", "0001_initial"),
    ]

    operations = [migrations.RunPython(note, migrations.RunPython.noop)]
