"""The YAML parser's complaints in plain words, with what to do."""

import yaml
from yaml.error import Mark

_FIXED = (
    (
        "mapping values are not allowed",
        'a second ": " stands inside a value, or the indentation is off: quote the value',
    ),
    ("tab character", "the line is indented with a tab: use spaces"),
    ("unknown escape character", "a double-quoted text has an unknown backslash escape: double the backslash"),
    ("expected hexdecimal number", "a double-quoted text has a broken \\x or \\u escape: double the backslash"),
    ("block sequence entries are not allowed", 'a list item "-" may not stand here: begin it on a line of its own'),
    (
        "did not find expected node content",
        "a value is missing, or a bracket or comma is out of place: quote the value",
    ),
    (
        "could not find expected ':'",
        'the line is neither "key: value" nor part of the text above: check its indentation',
    ),
    ("expected comment or line break", "text follows the | or > sign: move it to the next line"),
    ("document start", "something follows the end of the document: check the first characters of the line"),
    ("directive", "a line beginning with % is a YAML directive: quote the text"),
    ("incompatible YAML document", "the file asks for an unknown version of YAML: remove its %YAML line"),
)


def reason_in_words(error: yaml.MarkedYAMLError, mark: Mark, text: str) -> str:
    """Why the parser stopped at `mark`, and what usually mends it; no full stop and no text of the file.

    The file's text is not quoted, as it may hold keys and passwords.
    """
    problem = error.problem or ""
    began = f"line {error.context_mark.line + 1}" if error.context_mark else "an earlier line"
    lines = text.split("\n", mark.line + 1)
    line = lines[mark.line] if mark.line < len(lines) else ""
    if "cannot start any token" in problem:
        return _bad_first_character(line, mark.column)
    if "end of stream" in problem:
        return f"the quoted text that begins at {began} is never closed: add the closing quote"
    if "expected key" in problem or "<block end>" in problem:
        if line[: mark.column].rstrip().endswith(('"', "'")):
            return "text follows the closing quote of a value: put the whole value into one pair of quotes"
        return f"this does not fit the map that begins at {began}: check the indentation and the quotes"
    if "'-' indicator" in problem:
        return f"this does not fit the list that begins at {began}: check the indentation"
    if "',' or ']'" in problem:
        return f"the list opened with [ at {began} lacks a comma or its closing ]"
    if "',' or '}'" in problem:
        return f"the map opened with {{ at {began} lacks a comma or its closing }}"
    for words, reason in _FIXED:
        if words in problem:
            return reason
    return f"this is not valid YAML ({problem})"


def _bad_first_character(line: str, column: int) -> str:
    character = line[column : column + 1]
    if character == "\t":
        return "the line is indented with a tab: use spaces"
    return f"a value may not begin with {character or 'this character'}: put the value in quotes"
