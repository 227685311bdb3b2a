"""What is done for the check of pictures before anybody looks at them."""
