"""From an accepted form to pictures that are kept, and back to order after a crash."""
