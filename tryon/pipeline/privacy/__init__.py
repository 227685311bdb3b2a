"""What somebody may ask for of their own data: a copy of all of it, and its end."""
