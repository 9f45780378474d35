"""The operations room in a real browser (`make test-browser`)."""
