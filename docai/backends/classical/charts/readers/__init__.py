"""Readers, one for each kind of mark: of what is drawn in a plot, each takes the marks that it explains."""
