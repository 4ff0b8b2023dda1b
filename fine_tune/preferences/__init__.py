"""Preferences: pairs of a better and a worse answer, from a model's own mistakes, from people's corrections, or made."""
