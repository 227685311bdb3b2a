"""A shop in one process, whose workers may pause or die anywhere, and what must be true of it all the time.

lives.py: work that may stop · wire.py: the gateway at the other end · shop.py: what can happen
promises.py: what must hold
"""
