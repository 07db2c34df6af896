"""How the outside parts are fetched and started where no container engine runs."""
