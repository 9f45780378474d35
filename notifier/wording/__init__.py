"""What makes the words trustworthy: samples of every message, the check over all of them, and previews."""
