"""The audit log as one reads it: who looked, and who changed what, in a chain that shows what is missing."""
