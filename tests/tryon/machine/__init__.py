"""A model of everything outside the product, and the rules by which both are driven at random."""
