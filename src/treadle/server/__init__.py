"""The HTTP application and everything that it is put together from."""
