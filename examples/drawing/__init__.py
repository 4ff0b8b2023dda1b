"""Draws the example documents: type setting, charts, scans and forms."""
