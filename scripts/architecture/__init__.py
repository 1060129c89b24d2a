"""What must hold of the code's structure: rooms and their floors, where libraries may stand, purity, words."""
