"""Questions and answers as texts: their bounds, and when two questions are the same."""

import unicodedata
from hashlib import sha256

from treadle.platform.refusals import InvalidParam

LONGEST_QUESTION = 10_000
LONGEST_ANSWER = 100_000


def question_key(question: str) -> str:
    """36 letters that questions share which are the same but for case, spaces and forms of letters."""
    plain = " ".join(unicodedata.normalize("NFKC", question).casefold().split())
    return sha256(plain.encode("utf-8", "replace")).hexdigest()[:36]


def vector_key(question: str) -> str:
    """The hash under which the vector of a question is kept: apart from those of documents, which a model may read
    otherwise."""
    return sha256(f"question\x00{question}".encode("utf-8", "replace")).hexdigest()


def problem_of(question: str, answer: str) -> str | None:
    """Why this is no annotation, as a clause; None when it is one."""
    if not question.strip():
        return "the question is empty"
    if not answer.strip():
        return "the answer is empty"
    if len(question) > LONGEST_QUESTION:
        return f"the question has more than {LONGEST_QUESTION:,} characters"
    if len(answer) > LONGEST_ANSWER:
        return f"the answer has more than {LONGEST_ANSWER:,} characters"
    return None


def checked(question: str | None, answer: str | None) -> tuple[str, str]:
    """Both texts, trimmed and without NUL. Raises InvalidParam naming the one at fault."""
    texts = [(text or "").replace("\x00", "").strip() for text in (question, answer)]
    problem = problem_of(*texts)
    if problem is not None:
        param = "question" if "question" in problem else "answer"
        raise InvalidParam(f"This cannot be kept: {problem}.", param=param)
    return texts[0], texts[1]
