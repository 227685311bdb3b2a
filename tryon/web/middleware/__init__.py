"""What each request passes before its view, and each answer after it."""
