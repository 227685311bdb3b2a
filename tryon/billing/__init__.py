"""What was spent and whether the books agree."""
