"""What animators do, one file a family of levers; costs and options are in :mod:`alliancesim.levers`."""
