"""Authority: who may say what of an item, who has it by what was said, and what is a claim. Pure."""
