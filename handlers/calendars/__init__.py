"""Calendars as a clinic writes them in a file, and how they get into the desk's books."""
