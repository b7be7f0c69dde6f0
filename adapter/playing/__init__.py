"""Plays the hub for testers: sends messages from files, in process or over a broker, and shows the answers.

Not part of the service: nothing that serves imports it.
"""
