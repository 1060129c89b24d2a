"""Playing large worlds through the judging code, and measuring what it finds."""
