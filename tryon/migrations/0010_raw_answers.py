from typing import Any

from django.db import migrations, models


def forget_why_unknown(apps: Any, schema_editor: Any) -> None:
    """The version before has no reason for an unknown outcome."""
    apps.get_model("tryon", "Generation").objects.filter(status="unknown").exclude(reason="").update(reason="")


class Migration(migrations.Migration):

    dependencies = [
        ('tryon', '0009_words_out_of_the_schema'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='generation',
            name='generation_reason_says_why',
        ),
        migrations.RunPython(migrations.RunPython.noop, forget_why_unknown),
        migrations.AddField(
            model_name='attempt',
            name='raw_answer',
            field=models.FileField(blank=True, db_default='', default='', max_length=200, upload_to=''),
        ),
        migrations.AddField(
            model_name='attempt',
            name='words',
            field=models.TextField(blank=True, db_default='', default=''),
        ),
        migrations.AddIndex(
            model_name='attempt',
            index=models.Index(condition=models.Q(('raw_answer', ''), _negated=True), fields=['answered_at'], name='attempt_raw_answer'),
        ),
        migrations.AddConstraint(
            model_name='generation',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['refused', 'failed', 'unknown']), ('reason', ''), _connector='OR'), name='generation_reason_says_why'),
        ),
        migrations.CreateModel(
            name='UnopenedAnswer',
            fields=[
            ],
            options={
                'verbose_name': 'unopened answer',
                'proxy': True,
                'indexes': [],
                'constraints': [],
            },
            bases=('tryon.attempt',),
        ),
        migrations.AddField(
            model_name='result',
            name='deviation',
            field=models.CharField(blank=True, db_default='', default='', max_length=10),
        ),
        migrations.AddIndex(
            model_name='result',
            index=models.Index(condition=models.Q(('deviation', ''), _negated=True), fields=['deviation'], name='result_deviation'),
        ),
    ]
