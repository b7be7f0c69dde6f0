"""The message side: queues, envelopes, XML and seals. It speaks the handlers' vocabulary to the desk."""
