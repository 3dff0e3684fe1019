"""What words tell: in the names of folders, columns and splits."""
