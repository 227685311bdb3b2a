"""The pictures themselves: person, garments and scenes drawn with Pillow."""
