"""Several workers on one machine: started, given slots, watched, their metrics added up."""
