"""What a run leaves behind as files: its folders, its findings, and earlier runs of the same client."""
