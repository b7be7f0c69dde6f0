"""The seal: messages signed and encrypted, and the certificates for it (helsenorge.md, A3 and A6).

``seal.py`` is the front door. Nothing in here knows XML, a queue or a booking.
"""

from adapter.seal.certificates import Certificate
from adapter.seal.parties import Parties, Party
from adapter.seal.seal import CONTENT_TYPE, Seal, Unsealed, seal_from_files

__all__ = ["CONTENT_TYPE", "Certificate", "Parties", "Party", "Seal", "Unsealed", "seal_from_files"]
