"""Training of the models that docai asks: planned in README.md beside this file, nothing can be run yet."""
