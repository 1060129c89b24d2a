"""SQL of the gateway: it writes events and what follows from them, and reads what judging and assessment need.

Registrations and cases are written by the resolver. Within the gateway, only this room knows the database driver.
"""
