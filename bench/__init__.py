"""How fast, how large, how dear: measured on real servers and real processes. Start with ``make bench``."""
