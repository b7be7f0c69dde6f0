"""The command ``timebok``: one module for each of its parts, and no rule of the trade in any of them."""

from adapter.cli.app import main

__all__ = ["main"]
