"""What people are to be told by mail, and the mails that wait to leave."""
