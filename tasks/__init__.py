"""What is done."""

__version__ = "0.1.0"
