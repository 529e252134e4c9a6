"""The only sockets: one bounded HTTP client and the service's four endpoints."""
