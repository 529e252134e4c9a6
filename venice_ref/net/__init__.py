"""The only sockets: one bounded HTTP client, the service's endpoints, and those of the vendors."""
