"""What the code nodes of converted bases run: the cleaning and cutting of `text.chunking`, in one file for the sandbox.

`tests/knowledge/text/test_pipeline_cuts.py` holds both together. Source: spec knowledge §6, §7, §23.
"""

from typing import Final

from treadle.knowledge.tables import DocForm
from treadle.knowledge.text.rules import EXTRA_SPACES, URLS_EMAILS, ProcessRule


def cutting_code(form: DocForm, rule: ProcessRule) -> str:
    """The code that cleans and cuts as `rule` does, its steps of cleaning in its order."""
    code = _PARENTS if form is DocForm.HIERARCHICAL else _GENERAL
    named = [name for name in rule.cleaning if name in (EXTRA_SPACES, URLS_EMAILS)]
    return code.replace(_STEPS, _TURNED) if named == [URLS_EMAILS, EXTRA_SPACES] else code


_STEPS: Final = """    text = without_extra_spaces(text) if spaces else text
    return without_addresses(text) if addresses else text
"""
_TURNED: Final = """    text = without_addresses(text) if addresses else text
    return without_extra_spaces(text) if spaces else text
"""
_CUT: Final = r'''import re

MARKS = ("\n\n", "。", ". ", " ")
SPACE = "[\t\f\r \xa0\u1680\u180e\u2000-\u200a\u202f\u205f\u3000]"
SYMBOLS = re.compile("[\u2000-\u206f\u2e00-\u2e7f\u3000-\u303f\"#$%&'()*+,./:;<=>?@\\[\\]^_`~]+")
LINK = re.compile(r"!?\[[^\[\]\n]*\]\([^()\s]*\)")
ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2})|([0-7]{1,3})|([ntrfv\\]))")


def clean(text, spaces, addresses):
    """Without control characters, and without what the form says is to go."""
    text = text.replace("<|", "<").replace("|>", ">")
    text = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe]", "", text)
    text = without_extra_spaces(text) if spaces else text
    return without_addresses(text) if addresses else text


def without_extra_spaces(text):
    return re.sub(SPACE + "{2,}", " ", re.sub("\n{3,}", "\n\n", text))


def without_addresses(text):
    """Mail addresses and URLs go; links of Markdown stay whole. The domain is looked for first, which is fast."""
    kept, behind = [], 0
    for domain in re.finditer(r"@[A-Za-z0-9-]+\.[A-Za-z0-9.-]+", text):
        before = text[max(behind, domain.start() - 320) : domain.start()].rpartition(" ")[2]
        name = re.search(r"[A-Za-z0-9_.+-]+\Z", before)
        if name:
            kept.append(text[behind : domain.start() - len(name.group())])
            behind = domain.end()
    text = "".join(kept) + text[behind:]

    def linked(url):
        in_link = text.startswith("](", max(url.start() - 2, 0)) or "](http" in url.group()
        return url.group() if in_link else ""

    return re.sub(r"https?://\S+", linked, text)


def literal(separator):
    """A separator as it was typed, with its escapes read."""

    def letter(found):
        code, byte, octal, name = found.groups()
        if name:
            return {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v"}.get(name, name)
        return chr(int(octal, 8) if octal else int(code or byte, 16))

    return ESCAPE.sub(letter, separator or "")


def pieces(text, separator, longest, overlap=0):
    """The parts of `text` between separators; longer ones are cut on, where a sentence or a word ends."""
    separator, longest = literal(separator), max(1, int(longest))
    for part in text.split(separator) if separator else [text]:
        cut = spans(part, 0, len(part), longest, min(int(overlap or 0), longest), MARKS)
        for start, end in [(0, len(part))] if len(part) <= longest else cut:
            if part[start:end].strip():
                yield part[start:end].strip()


def spans(text, start, end, longest, overlap, marks):
    """Where `text` is cut: at the best mark that it has. Short neighbours come together."""
    marks = [mark for mark in marks if text.find(mark, start, end) >= 0]
    fresh = start
    while start < end and not marks:
        yield start, min(start + longest, end)
        start = start + max(longest - overlap, 1) if start + longest < end else end
    while start < end:
        wide, kept = len(marks[0]), len(marks[0].rstrip())
        if end - start <= longest:
            if text[fresh:end].strip():
                yield start, end
            return
        found = text.rfind(marks[0], start, min(start + longest - kept + wide, end))
        if found < 0:
            found = text.find(marks[0], start, end)
            stop = found + wide if found >= 0 else end
            yield from spans(text, start, found + kept if found >= 0 else end, longest, overlap, marks[1:])
            start = fresh = stop
            continue
        if text[fresh : found + kept].strip():
            yield start, found + kept
        fresh = found + wide
        start = going_on(text, start, found, marks[0], longest, overlap, end)


def going_on(text, start, found, mark, longest, overlap, end):
    """Where the next stretch begins: with as many of the last words as the overlap holds."""
    wide, kept = len(mark), len(mark.rstrip())
    following = found + wide
    after = text.find(mark, following, min(following + longest + wide, end))
    next_end = after + kept if after >= 0 else min(end, following + longest + 1)
    if not overlap or next_end - following >= longest:
        return following
    least = max(found + kept - overlap, next_end - longest, start + 1)
    at = text.find(mark, max(least - wide, start), following)
    return following if at < 0 else min(at + wide, following)


def without_stop(text):
    return text[1:].strip() if text.startswith((".", "。")) else text


def without_symbols(text):
    """Without the punctuation that a cut leaves in front; a link of Markdown stays."""
    found = None if LINK.match(text) else SYMBOLS.match(text)
    end = found.end() if found else 0
    link = text.find("[", 0, end)
    return text[link if link >= 0 and LINK.match(text, link) else end :].strip()


'''

_GENERAL: Final = (
    _CUT
    + '''def main(text: str, separator: str, longest: float, overlap: float, spaces: bool, addresses: bool) -> dict:
    """Without a separator, paragraphs are joined up to the length."""
    text = clean(text, spaces, addresses)
    found = (without_symbols(piece) for piece in pieces(text, separator, longest, overlap))
    return {"chunks": {"general_chunks": [{"content": piece} for piece in found if piece]}}
'''
)
_PARENTS: Final = (
    _CUT
    + '''def main(text: str, separator: str, longest: float, overlap: float, child_separator: str, child_longest: float,
         child_overlap: float, spaces: bool, addresses: bool) -> dict:
    """Without a length, the whole document is one parent, as it was written."""
    if longest:
        parents = pieces(clean(text, spaces, addresses), separator, longest, overlap)
    else:
        parents = [text.strip()]
    made = []
    for parent in map(without_stop, parents):
        children = [without_stop(child) for child in pieces(parent, child_separator, child_longest, child_overlap)]
        if any(children):
            made.append({"parent_content": parent, "child_contents": [child for child in children if child]})
    return {"chunks": {"parent_mode": "paragraph" if longest else "full-doc", "parent_child_chunks": made}}
'''
)
