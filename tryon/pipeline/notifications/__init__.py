"""What people are told by mail of what happened to their pictures: when, and in which words."""
