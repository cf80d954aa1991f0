"""Who is it? The tickets behind a page: looked through in the event loop, served to whoever may see them, gathered from all workers."""
