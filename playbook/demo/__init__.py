"""Generated clients with planted truth: what chapters find, and what students plan, is held against it."""
