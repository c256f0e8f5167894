"""A Python signature is the specification; how it is answered is a strategy."""

__version__ = "3.0.0.dev0"
