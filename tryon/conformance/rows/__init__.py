"""The rows of the table, by what the calls are about."""
