"""Share links: made and looked after by their owner, opened by whoever holds one."""
