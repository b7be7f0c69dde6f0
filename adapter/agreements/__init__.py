"""Collaboration profiles and agreements of counterparties: ebXML CPPA 2.0 files, read (helsenorge.md, A7).

What stands in such a file comes out as facts. Nothing in here knows our own parties, judges a certificate or
decides about a message.
"""

from adapter.agreements.model import Agreement, Listed, Process, Profile, Queue
from adapter.agreements.reading import ProfileUnreadable, read_file

__all__ = ["Agreement", "Listed", "Process", "Profile", "ProfileUnreadable", "Queue", "read_file"]
