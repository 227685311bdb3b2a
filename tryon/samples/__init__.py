"""The pictures that come with the product: people, garments, and the look of each pair of them."""
