"""What the commands share: flags, exit codes, run directories and the trained classifier."""
