"""Findings in words: what each rule saw, why, and what else may cause it, in Chinese and English. Pure."""
