"""Readers: a module for each family of formats, each giving the pieces of a document.

They run in a process of their own (`worker`), and reuse what reads documents for workflows where that is the same.
"""
