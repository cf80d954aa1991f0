"""Windows as a table: which are wanted, where they are read, their columns, how they are written."""
