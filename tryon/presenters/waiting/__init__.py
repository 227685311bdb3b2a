"""What is told of pictures that are being made: states, times, news."""
