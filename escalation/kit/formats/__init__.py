"""How dates are written where nothing else says so: as on every page, the day first, on a clock of 24 hours."""
