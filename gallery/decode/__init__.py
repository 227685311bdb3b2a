"""Untrusted pictures, opened where they can do no harm.

`client` asks from any process of the product; `__main__` is the process beside it that forks one child a
picture; `tasks`, with `pixels` and `colours`, is what such a child does, once the file of its format has
looked at the bytes. `seats` bounds the memory of all of it.
"""
