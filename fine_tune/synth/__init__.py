"""Pages made by chance, with what stands on them exactly known."""
