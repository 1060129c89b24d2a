"""Explanations of findings, in Chinese and English: evidence, benign causes, what would have kept a rule silent."""
