"""Printed labels: QR and Data Matrix symbols, PDF and SVG sheets, ZPL, archives streamed as they are made."""
