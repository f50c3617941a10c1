"""The text side of knowledge: out of documents, cleaned, cut into chunks, turned into questions and answers.

Nothing here knows a database or a server: what is taken in, previewed and tested goes through the same functions.
Source: spec knowledge §5 to §8.
"""
