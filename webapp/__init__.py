"""A page where one types a text and sees whether a model finds it toxic."""
