"""A gateway of its own to try against: the contract of LLMTR's image API, a bill, a clock, faults."""
