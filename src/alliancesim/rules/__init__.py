"""The ten phases of a month, one file each, and the levers of animators."""
