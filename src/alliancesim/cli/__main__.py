"""``python -m alliancesim.cli``."""

from __future__ import annotations

import sys

from alliancesim.cli import main

sys.exit(main())
