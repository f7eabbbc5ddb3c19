"""What extensions do inside loops, one file an extension (see alliancesim.extensions)."""
