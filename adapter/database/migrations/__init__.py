"""The history of the database's schema, oldest first. A step that has been released is never changed."""
