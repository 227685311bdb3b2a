"""What is told of pictures that are there: what they show, what they came from, what stands beside them."""
