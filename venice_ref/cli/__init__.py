"""The command line: `main` reads it, one module for each noun does it, `output` shows it."""
