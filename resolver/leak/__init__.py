"""Reports of where codes and goods leak."""
