"""What pictures cost: prices, caps with what is taken of them, and the ledger of every movement."""
