"""What the hardware says: evidence in, facts that hold out, or an error."""
