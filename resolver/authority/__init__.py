"""Who may say what, as owners manage it: claims about goods, mandates, read points granted, statements at sites."""
