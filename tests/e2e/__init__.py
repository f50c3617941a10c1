"""A package, so that the browser, whose event loop bars all others, ends with the tests of this folder."""
