"""`make properties`: what its processes do stands in a module that each of them can import."""

from __future__ import annotations

import sys

from tests.properties.many import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
