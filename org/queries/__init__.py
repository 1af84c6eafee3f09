"""Questions to the record. Nothing here changes anything."""
