"""What can go wrong while models are set up. What goes wrong in a call is in `engine.errors`."""


class ModelSetupError(Exception):
    """A model cannot be set up as asked. The message is one sentence that says what to do."""


class UnknownProviderError(ModelSetupError):
    """The catalogue has no such provider."""


class UnknownModelError(ModelSetupError):
    """The provider offers no such model, or nothing is stored for it."""


class UnknownCredentialError(ModelSetupError):
    """The workspace has no such credential."""


class CredentialFormError(ModelSetupError):
    """A field of the credential form is missing or wrong. `variable` names it."""

    def __init__(self, variable: str, message: str) -> None:
        super().__init__(message)
        self.variable = variable


class CredentialsValidateFailedError(ModelSetupError):
    """The live check failed: the provider did not accept a call with these credentials."""
