"""What can go wrong with a source, as one sentence for people."""


class SourceError(Exception):
    """A source could not be read. Nothing secret is in the message."""


class CredentialError(SourceError):
    """The source refuses the key or token."""
