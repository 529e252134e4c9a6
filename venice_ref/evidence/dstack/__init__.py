"""What dstack adds to a TDX quote: event log, compose file, NEAR's compose manager."""
