"""How Django writes dates on the pages; `settings.FORMAT_MODULE_PATH` names this."""
