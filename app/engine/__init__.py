"""Exact, batched delivery on Faust. The theory is in owner.py; a worker is put together in faust_app.py."""
