"""Pure rules: what models take, what a form may ask, how garments are worn, prompts, colours."""
