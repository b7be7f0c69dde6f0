"""The desk that every handler works at: its vocabulary, its rules and its books."""
