"""How this runs elsewhere: behind a proxy, in a container, on a cluster."""
