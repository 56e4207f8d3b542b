"""Generated clients with planted truth: what the chapters find in them can be held against it."""
