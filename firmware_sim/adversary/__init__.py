"""Adversaries of the platform: crowds of invented phones, and enrolled readers that say what is not so."""
