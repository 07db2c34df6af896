"""How an engine that draws photographs is opened: what is there, what is missing, where it goes."""
