"""What pages say: reasons, labels and place names in Chinese and English, and how dates and numbers are written."""
