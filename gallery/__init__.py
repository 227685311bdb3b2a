"""Pictures, their bytes and share links; knows nothing of jobs, prompts, Celery or HTTP out."""
