"""What the three commands share: flags, exit codes, run directories and the trained classifier."""
