"""Things that go wrong by order."""
