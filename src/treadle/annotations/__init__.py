"""Answers that people wrote to questions, given again in the place of a model's."""
