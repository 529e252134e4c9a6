"""What only a browser can tell: how the pages look and behave."""
