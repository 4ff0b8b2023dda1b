"""Who answers: one file or folder a backend, all behind `docai.exchange.Backend`."""
