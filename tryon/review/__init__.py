"""The desk: pictures that wait for a check, decided on by staff."""
