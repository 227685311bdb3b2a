"""Builds that are wrong on purpose: `celery -A tests.chaos.builds.naive worker`, and so on.

Each imports the product and changes what it does in that process; the checker must find it out.
"""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tryon.settings")
django.setup()
