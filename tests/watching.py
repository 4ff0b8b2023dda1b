"""Somebody who looks on while documents are read."""


class Kept:
    """Keeps all pages that were read, and hands out those it is given."""

    def __init__(self, known=(), window=None):
        self.window, self.apart = window, False
        self.pages = {read.page.number: read for read in known}
        self.begins, self.reads = [], []

    def source(self, source):
        return source

    def known(self, number):
        return self.pages.get(number)

    def begun(self, number):
        self.begins.append(number)

    def read(self, read):
        self.reads.append(read)
