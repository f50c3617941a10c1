"""What can be wrong with the description of an API."""


class ApiDocumentError(Exception):
    """The description cannot be made into tools. The message is for the person who gave it."""
