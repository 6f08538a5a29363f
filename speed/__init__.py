"""What makes training and labelling fast; all of it works without, to the same numbers."""
