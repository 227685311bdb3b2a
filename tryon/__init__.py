"""The project and the making of pictures."""
