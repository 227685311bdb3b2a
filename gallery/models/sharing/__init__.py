"""Share links: which pictures they show to whom and until when, and what strangers leave at them."""
