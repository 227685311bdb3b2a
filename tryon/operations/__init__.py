"""The operator's view: health, metrics, logs without secrets, checks of settings, backup and restore."""
