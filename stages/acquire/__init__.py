"""Getting media: from links or disks to exact, uniform clips."""
