"""A storm over the whole product, and a checker that compares what was billed with what it says.

`python -m tests.chaos` raises one and judges it; `python -m tests.chaos check FILE…` judges kept histories.
"""
