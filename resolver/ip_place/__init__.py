"""Where a network address is, coarsely, and what kind of network it is of: files of addresses behind one seam."""
