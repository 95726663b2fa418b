"""What the promises say must happen, in plain Python: no Django, nothing of the product."""
